//! API keys as calls meet them: found by their hash, with limits that hold in this process.
//!
//! Keys are looked up by the SHA-256 of the whole key, so that the time of a lookup tells nothing about how much of
//! a key was right, and the hash is compared once more in constant time.

use std::{
    collections::HashMap,
    num::NonZeroU32,
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU64, Ordering::Relaxed},
    },
};

use app::domain::{api_key::ApiKeyScope, timestamp::Timestamp};
use governor::{
    DefaultDirectRateLimiter, Quota, RateLimiter,
    clock::{Clock as _, DefaultClock},
};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

/// An API key as the store knows it; never the key itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKeyRecord {
    /// Its public id.
    pub id: String,
    /// The SHA-256 of the whole key.
    pub sha256: [u8; 32],
    /// What it may do.
    pub scope: ApiKeyScope,
}

/// A key with what it is doing now.
#[derive(Debug)]
pub(crate) struct ApiKey {
    pub(crate) record: ApiKeyRecord,
    usage: Arc<KeyUsage>,
}

/// What outlives a change of the configuration.
#[derive(Debug)]
struct KeyUsage {
    rpm: Option<NonZeroU32>,
    limiter: Option<DefaultDirectRateLimiter>,
    in_flight: AtomicU64,
    /// Wall clock milliseconds; 0 before the first use.
    last_used: AtomicI64,
}

/// All keys of a snapshot.
#[derive(Debug, Default)]
pub(crate) struct ApiKeyIndex {
    by_hash: HashMap<[u8; 32], Arc<ApiKey>>,
    by_id: HashMap<String, Arc<ApiKey>>,
}

impl ApiKeyIndex {
    /// The ring of these keys; what an earlier ring measured goes on.
    pub(crate) fn new(records: Vec<ApiKeyRecord>, earlier: &Self) -> Self {
        let mut index = Self::default();
        for record in records {
            let rpm = record.scope.rpm.map(clamped);
            let known = earlier.by_id.get(&record.id).map(|it| Arc::clone(&it.usage));
            let usage = known.filter(|it| it.rpm == rpm).unwrap_or_else(|| Arc::new(KeyUsage::new(rpm)));
            let key = Arc::new(ApiKey { record, usage });
            index.by_hash.insert(key.record.sha256, Arc::clone(&key));
            index.by_id.insert(key.record.id.clone(), key);
        }
        index
    }

    /// When a key was last used since the start.
    pub(crate) fn last_used(&self, id: &str) -> Option<Timestamp> {
        let at = self.by_id.get(id)?.usage.last_used.load(Relaxed);
        (at != 0).then_some(Timestamp(at))
    }

    /// The key of that text, whatever its limits say.
    pub(crate) fn find(&self, key: &str) -> Option<&Arc<ApiKey>> {
        let hash: [u8; 32] = Sha256::digest(key.as_bytes()).into();
        self.by_hash.get(&hash).filter(|it| bool::from(it.record.sha256.ct_eq(&hash)))
    }
}

fn clamped(rpm: u64) -> NonZeroU32 {
    NonZeroU32::new(u32::try_from(rpm).unwrap_or(u32::MAX)).unwrap_or(NonZeroU32::MIN)
}

impl KeyUsage {
    fn new(rpm: Option<NonZeroU32>) -> Self {
        Self {
            rpm,
            limiter: rpm.map(|rpm| RateLimiter::direct(Quota::per_minute(rpm))),
            in_flight: AtomicU64::new(0),
            last_used: AtomicI64::new(0),
        }
    }
}

/// Why a key may not make a call now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KeyRefusal {
    /// It has expired.
    Expired,
    /// It has as many calls in flight as it may.
    TooManyInFlight,
    /// It has made as many calls this minute as it may.
    RateExceeded {
        /// When the next call may be made, in milliseconds from now.
        retry_after_ms: u64,
    },
}

impl ApiKey {
    /// Takes a place under the key's limits; using the permit up gives it back.
    ///
    /// # Errors
    /// The first limit that stands against it.
    pub(crate) fn acquire(self: &Arc<Self>, now: Timestamp) -> Result<KeyPermit, KeyRefusal> {
        if self.record.scope.expires_at.is_some_and(|at| at <= now) {
            return Err(KeyRefusal::Expired);
        }
        let usage = &self.usage;
        usage.last_used.store(now.0, Relaxed);
        // The place is taken first, so that the permit gives it back whatever follows.
        let others = usage.in_flight.fetch_add(1, Relaxed);
        let permit = KeyPermit { key: Arc::clone(self) };
        if self.record.scope.max_in_flight.is_some_and(|most| others >= most) {
            return Err(KeyRefusal::TooManyInFlight);
        }
        if let Some(limiter) = &usage.limiter
            && let Err(later) = limiter.check()
        {
            let wait = later.wait_time_from(DefaultClock::default().now());
            let retry_after_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
            return Err(KeyRefusal::RateExceeded { retry_after_ms });
        }
        Ok(permit)
    }
}

/// A call's place under its key's limits, from its head to the end of its answer.
#[derive(Debug)]
pub(crate) struct KeyPermit {
    pub(crate) key: Arc<ApiKey>,
}

impl Drop for KeyPermit {
    fn drop(&mut self) {
        self.key.usage.in_flight.fetch_sub(1, Relaxed);
    }
}
