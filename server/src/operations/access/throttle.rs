//! How often passwords may be tried: each wrong one makes the next wait longer, for an account from one network, for a
//! network, and for an account from everywhere.
//!
//! A stranger must not lock anybody out. Nothing waits longer than a few minutes, nothing that is turned away makes the
//! wait longer, and from a network where somebody has signed in before, only what went wrong there with that account
//! counts. Whether the account exists plays no part. Every table is bounded; what is pushed out is forgotten.

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

/// Entries of each table; one takes about a hundred bytes.
const ENTRIES: usize = 8_192;
/// What went wrong is forgotten after this long without another try.
const MEMORY: Duration = Duration::from_secs(15 * 60);

/// How many wrong tries are free, and how long the wait can grow.
struct Patience {
    free: u32,
    longest: Duration,
}

const PAIR: Patience = Patience { free: 6, longest: Duration::from_secs(5 * 60) };
const NETWORK: Patience = Patience { free: 30, longest: Duration::from_secs(60) };
const ACCOUNT: Patience = Patience { free: 30, longest: Duration::from_secs(30) };

/// What is remembered of an account or a network: a part of a hash, whatever the length of a name.
type Mark = [u8; 16];

#[derive(Clone, Copy, Debug)]
struct Track {
    tries: u32,
    last: Instant,
}

/// What came of tries to sign in, since the start.
#[derive(Debug, Default)]
pub struct SignInCounters {
    /// The password was right.
    pub right: AtomicU64,
    /// It was wrong.
    pub wrong: AtomicU64,
    /// It came too early and was not looked at.
    pub throttled: AtomicU64,
}

/// Counts wrong passwords.
pub struct Throttle {
    tables: Mutex<Tables>,
    /// What came of tries.
    pub counters: SignInCounters,
}

struct Tables {
    pairs: Cache<Mark, Track>,
    networks: Cache<Mark, Track>,
    accounts: Cache<Mark, Track>,
    /// Accounts with networks from where a password was right.
    known: Cache<Mark, ()>,
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

/// One try that was let through. It counts as wrong until it is told otherwise, so that many at once are no way around.
#[must_use]
pub struct Try<'a> {
    throttle: &'a Throttle,
    pair: Mark,
    network: Mark,
    account: Mark,
}

impl Throttle {
    /// Lets a try through, or answers with the whole seconds to wait, at least 1.
    ///
    /// # Errors
    /// The seconds.
    pub fn admit(&self, account: &str, ip: Option<IpAddr>, now: Instant) -> Result<Try<'_>, u64> {
        let (account, network) = (name_key(account), network(ip));
        let attempt = Try {
            throttle: self,
            pair: mark(&[account.as_bytes(), &network]),
            network: mark(&[&network]),
            account: mark(&[account.as_bytes()]),
        };
        let mut tables = self.tables.lock().unwrap_or_else(PoisonError::into_inner);
        let Tables { pairs, networks, accounts, known } = &mut *tables;
        let is_known = known.get(&attempt.pair).is_some();
        let mut wait = left(pairs, &attempt.pair, &PAIR, now);
        if !is_known {
            wait = wait.max(left(networks, &attempt.network, &NETWORK, now)).max(left(
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
        count(pairs, attempt.pair, now);
        count(networks, attempt.network, now);
        count(accounts, attempt.account, now);
        Ok(attempt)
    }
}

impl Try<'_> {
    /// The password was right: this account may be tried from there as if nothing had happened.
    pub fn right(self) {
        let mut tables = self.throttle.tables.lock().unwrap_or_else(PoisonError::into_inner);
        tables.pairs.remove(&self.pair);
        tables.known.insert(self.pair, ());
        uncount(&mut tables.networks, &self.network);
        uncount(&mut tables.accounts, &self.account);
        self.throttle.counters.right.fetch_add(1, Relaxed);
    }

    /// The password was wrong.
    pub fn wrong(self) {
        self.throttle.counters.wrong.fetch_add(1, Relaxed);
    }

    /// Nobody looked at the password.
    pub fn void(self) {
        let mut tables = self.throttle.tables.lock().unwrap_or_else(PoisonError::into_inner);
        uncount(&mut tables.pairs, &self.pair);
        uncount(&mut tables.networks, &self.network);
        uncount(&mut tables.accounts, &self.account);
    }
}

/// What is left of the wait after so many tries.
fn left(table: &mut Cache<Mark, Track>, mark: &Mark, patience: &Patience, now: Instant) -> Duration {
    let Some(track) = table.get(mark) else { return Duration::ZERO };
    let since = now.saturating_duration_since(track.last);
    if since > MEMORY || track.tries < patience.free {
        return Duration::ZERO;
    }
    let doublings = (track.tries - patience.free).min(16);
    let wait = Duration::from_secs(1 << doublings).min(patience.longest);
    wait.saturating_sub(since)
}

fn count(table: &mut Cache<Mark, Track>, mark: Mark, now: Instant) {
    let before = table.get(&mark).filter(|it| now.saturating_duration_since(it.last) <= MEMORY);
    let tries = before.map_or(0, |it| it.tries).saturating_add(1);
    table.insert(mark, Track { tries, last: now });
}

fn uncount(table: &mut Cache<Mark, Track>, mark: &Mark) {
    if let Some(mut track) = table.get_mut(mark) {
        track.tries = track.tries.saturating_sub(1);
    }
}

/// The network of an address: an IPv4 address, or the 64 bits that one IPv6 subscriber has.
fn network(ip: Option<IpAddr>) -> [u8; 16] {
    match ip.map(|it| it.to_canonical()) {
        None => [0; 16],
        Some(IpAddr::V4(ip)) => ip.to_ipv6_mapped().octets(),
        Some(IpAddr::V6(ip)) => Ipv6Addr::from_bits(ip.to_bits() & !u128::from(u64::MAX)).octets(),
    }
}

fn mark(parts: &[&[u8]]) -> Mark {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    let hash: [u8; 32] = hash.finalize().into();
    let mut mark = [0; 16];
    mark.copy_from_slice(&hash[..16]);
    mark
}

#[cfg(test)]
mod tests;
