//! Throttling of sign-ins. Each wrong password makes the next wait longer: for an account from one network, for a
//! network, and for an account from all networks.
//!
//! Nobody can lock someone else out. No wait exceeds a few minutes, rejected attempts don't extend it, and from a
//! network with an earlier successful sign-in only that network's failures for the account count. Unknown accounts are
//! treated like existing ones. All tables are bounded; evicted entries are forgotten.

use std::{
    net::{IpAddr, Ipv6Addr},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use app::domain::ids::name_key;
use quick_cache::unsync::Cache;
use sha2::{Digest as _, Sha256};

/// Entries per table; each takes about a hundred bytes.
const ENTRIES: usize = 8_192;
/// Failures are forgotten this long after the last attempt.
const FORGET_AFTER: Duration = Duration::from_secs(15 * 60);

/// Failures without a wait, and the longest wait.
struct WaitPolicy {
    free: u32,
    longest: Duration,
}

const PAIR: WaitPolicy = WaitPolicy { free: 6, longest: Duration::from_secs(5 * 60) };
const NETWORK: WaitPolicy = WaitPolicy { free: 30, longest: Duration::from_secs(60) };
const ACCOUNT: WaitPolicy = WaitPolicy { free: 30, longest: Duration::from_secs(30) };

/// Key of an account or a network: a truncated hash, so its size does not depend on the name.
type Key = [u8; 16];

#[derive(Clone, Copy, Debug)]
struct Failures {
    count: u32,
    last: Instant,
}

/// Sign-in attempts since the start.
#[derive(Debug, Default)]
pub struct SignInCounters {
    /// The password was right.
    pub right: AtomicU64,
    /// The password was wrong.
    pub wrong: AtomicU64,
    /// The attempt came too early; the password was not checked.
    pub throttled: AtomicU64,
}

/// Throttles attempts by their failures.
pub struct Throttle {
    tables: Mutex<Tables>,
    /// Outcomes of attempts.
    pub counters: SignInCounters,
}

struct Tables {
    pairs: Cache<Key, Failures>,
    networks: Cache<Key, Failures>,
    accounts: Cache<Key, Failures>,
    /// Accounts with the networks of successful sign-ins.
    known: Cache<Key, ()>,
}

impl Default for Throttle {
    fn default() -> Self {
        let tables = Tables {
            pairs: Cache::new(ENTRIES),
            networks: Cache::new(ENTRIES),
            accounts: Cache::new(ENTRIES),
            known: Cache::new(ENTRIES),
        };
        Self { tables: Mutex::new(tables), counters: SignInCounters::default() }
    }
}

/// An admitted attempt. It counts as failed until it is resolved otherwise, so concurrent attempts are limited too.
#[must_use]
pub struct Attempt<'a> {
    throttle: &'a Throttle,
    pair: Key,
    network: Key,
    account: Key,
}

impl Throttle {
    /// Admits an attempt, or returns the wait in whole seconds, at least 1.
    ///
    /// # Errors
    /// The seconds to wait.
    pub fn admit(&self, account: &str, ip: Option<IpAddr>, now: Instant) -> Result<Attempt<'_>, u64> {
        let (account, network) = (name_key(account), network(ip));
        let attempt = Attempt {
            throttle: self,
            pair: key(&[account.as_bytes(), &network]),
            network: key(&[&network]),
            account: key(&[account.as_bytes()]),
        };
        let mut tables = self.tables.lock().unwrap_or_else(PoisonError::into_inner);
        let Tables { pairs, networks, accounts, known } = &mut *tables;
        let is_known = known.get(&attempt.pair).is_some();
        let mut wait = remaining_wait(pairs, &attempt.pair, &PAIR, now);
        if !is_known {
            wait = wait.max(remaining_wait(networks, &attempt.network, &NETWORK, now)).max(remaining_wait(
                accounts,
                &attempt.account,
                &ACCOUNT,
                now,
            ));
        }
        if wait > Duration::ZERO {
            self.counters.throttled.fetch_add(1, Relaxed);
            return Err(wait.as_secs_f64().ceil().max(1.0) as u64);
        }
        add_failure(pairs, attempt.pair, now);
        add_failure(networks, attempt.network, now);
        add_failure(accounts, attempt.account, now);
        Ok(attempt)
    }
}

impl Attempt<'_> {
    /// Resolves the attempt: the password was right. Failures of the account from this network are forgotten.
    pub fn succeed(self) {
        let mut tables = self.throttle.tables.lock().unwrap_or_else(PoisonError::into_inner);
        tables.pairs.remove(&self.pair);
        tables.known.insert(self.pair, ());
        remove_failure(&mut tables.networks, &self.network);
        remove_failure(&mut tables.accounts, &self.account);
        self.throttle.counters.right.fetch_add(1, Relaxed);
    }

    /// Resolves the attempt: the password was wrong.
    pub fn fail(self) {
        self.throttle.counters.wrong.fetch_add(1, Relaxed);
    }

    /// Resolves the attempt: the password was not checked.
    pub fn cancel(self) {
        let mut tables = self.throttle.tables.lock().unwrap_or_else(PoisonError::into_inner);
        remove_failure(&mut tables.pairs, &self.pair);
        remove_failure(&mut tables.networks, &self.network);
        remove_failure(&mut tables.accounts, &self.account);
    }
}

/// The remaining wait.
fn remaining_wait(
    table: &mut Cache<Key, Failures>,
    key: &Key,
    policy: &WaitPolicy,
    now: Instant,
) -> Duration {
    let Some(failures) = table.get(key) else { return Duration::ZERO };
    let since = now.saturating_duration_since(failures.last);
    if since > FORGET_AFTER || failures.count < policy.free {
        return Duration::ZERO;
    }
    let doublings = (failures.count - policy.free).min(16);
    let wait = Duration::from_secs(1 << doublings).min(policy.longest);
    wait.saturating_sub(since)
}

fn add_failure(table: &mut Cache<Key, Failures>, key: Key, now: Instant) {
    let before = table.get(&key).filter(|it| now.saturating_duration_since(it.last) <= FORGET_AFTER);
    let count = before.map_or(0, |it| it.count).saturating_add(1);
    table.insert(key, Failures { count, last: now });
}

fn remove_failure(table: &mut Cache<Key, Failures>, key: &Key) {
    if let Some(mut failures) = table.get_mut(key) {
        failures.count = failures.count.saturating_sub(1);
    }
}

/// The network of an address: the IPv4 address itself, or the /64 prefix of an IPv6 address.
fn network(ip: Option<IpAddr>) -> [u8; 16] {
    match ip.map(|it| it.to_canonical()) {
        None => [0; 16],
        Some(IpAddr::V4(ip)) => ip.to_ipv6_mapped().octets(),
        Some(IpAddr::V6(ip)) => Ipv6Addr::from_bits(ip.to_bits() & !u128::from(u64::MAX)).octets(),
    }
}

fn key(parts: &[&[u8]]) -> Key {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    let hash: [u8; 32] = hash.finalize().into();
    let mut key = [0; 16];
    key.copy_from_slice(&hash[..16]);
    key
}

#[cfg(test)]
mod tests;
