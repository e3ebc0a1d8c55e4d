//! API keys and their limits, which hold within this process.
//!
//! Keys are found by the SHA-256 of the whole key, so the duration of a lookup doesn't tell how much of
//! a key was right. The hash is compared again in constant time.

use std::{
    collections::HashMap,
    num::NonZeroU32,
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU64, Ordering::Relaxed},
    },
};

use app::domain::{config::api_key::ApiKeyScope, timestamp::Timestamp};
use governor::{
    DefaultDirectRateLimiter, Quota, RateLimiter,
    clock::{Clock as _, DefaultClock},
};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

/// An API key as stored: its hash, never the key itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKeyRecord {
    /// Public id.
    pub id: String,
    /// SHA-256 of the whole key.
    pub sha256: [u8; 32],
    /// Permissions, limits and expiry.
    pub scope: ApiKeyScope,
}

/// An API key and its current usage.
#[derive(Debug)]
pub(crate) struct ApiKey {
    /// The public id, as records share it.
    pub(crate) id: Arc<str>,
    pub(crate) record: ApiKeyRecord,
    usage: Arc<KeyUsage>,
}

/// State that survives a change of the configuration.
#[derive(Debug)]
struct KeyUsage {
    rpm: Option<NonZeroU32>,
    limiter: Option<DefaultDirectRateLimiter>,
    in_flight: AtomicU64,
    /// Unix time in milliseconds; 0 before the first use.
    last_used: AtomicI64,
}

/// The API keys of a snapshot.
#[derive(Debug, Default)]
pub(crate) struct ApiKeyIndex {
    by_hash: HashMap<[u8; 32], Arc<ApiKey>>,
    by_id: HashMap<String, Arc<ApiKey>>,
}

impl ApiKeyIndex {
    /// Indexes the keys. Those that were in `earlier` keep their usage.
    pub(crate) fn new(records: Vec<ApiKeyRecord>, earlier: &Self) -> Self {
        let mut index = Self::default();
        for record in records {
            let rpm = record.scope.rpm.map(clamped);
            let known = earlier.by_id.get(&record.id).map(|it| Arc::clone(&it.usage));
            let usage = known.filter(|it| it.rpm == rpm).unwrap_or_else(|| Arc::new(KeyUsage::new(rpm)));
            let key = Arc::new(ApiKey { id: record.id.as_str().into(), record, usage });
            index.by_hash.insert(key.record.sha256, Arc::clone(&key));
            index.by_id.insert(key.record.id.clone(), key);
        }
        index
    }

    /// When a key was last used; `None` if not since the start.
    pub(crate) fn last_used(&self, id: &str) -> Option<Timestamp> {
        let at = self.by_id.get(id)?.usage.last_used.load(Relaxed);
        (at != 0).then_some(Timestamp(at))
    }

    /// Finds a key by its text, without checking its limits.
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

/// The reason why a key may not make a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KeyRefusal {
    Expired,
    /// Its concurrency limit is reached.
    TooManyInFlight,
    /// Its rate limit is reached.
    RateExceeded {
        /// When the next call may be made, in milliseconds from now.
        retry_after_ms: u64,
    },
}

impl ApiKey {
    /// Acquires a permit under the limits of the key.
    ///
    /// # Errors
    /// The first limit that is exceeded.
    pub(crate) fn acquire(self: &Arc<Self>, now: Timestamp) -> Result<KeyPermit, KeyRefusal> {
        if self.record.scope.expires_at.is_some_and(|at| at <= now) {
            return Err(KeyRefusal::Expired);
        }
        let usage = &self.usage;
        usage.last_used.store(now.0, Relaxed);
        // Counted first, so dropping the permit undoes it on every path.
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

/// A call's permit under the limits of its key, from the request head to the end of the answer.
#[derive(Debug)]
pub(crate) struct KeyPermit {
    pub(crate) key: Arc<ApiKey>,
}

impl Drop for KeyPermit {
    fn drop(&mut self) {
        self.key.usage.in_flight.fetch_sub(1, Relaxed);
    }
}
