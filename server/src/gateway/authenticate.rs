//! Who is calling: finds the API key of a call in the snapshot and takes a place under its limits.
//!
//! Keys are looked up by the SHA-256 of the whole key, so that the time of a lookup tells nothing about how much of
//! a key was right, and the hash is compared once more in constant time. No cookie is ever looked at.

use std::{
    collections::HashMap,
    num::NonZeroU32,
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU64, Ordering::Relaxed},
    },
};

use app::domain::{api_key::ApiKeyScope, timestamp::Timestamp};
use axum::http::{HeaderMap, header};
use governor::{
    DefaultDirectRateLimiter, Quota, RateLimiter,
    clock::{Clock as _, DefaultClock},
};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use super::{clock, error::CallError};

/// The longest key that is hashed, in bytes.
const KEY_BYTES: usize = 256;

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
    meter: Arc<Meter>,
}

/// What outlives a change of the configuration.
#[derive(Debug)]
struct Meter {
    rpm: Option<NonZeroU32>,
    limiter: Option<DefaultDirectRateLimiter>,
    in_flight: AtomicU64,
    /// Wall clock milliseconds; 0 before the first use.
    last_used: AtomicI64,
}

/// All keys of a snapshot.
#[derive(Debug, Default)]
pub(crate) struct KeyRing {
    by_hash: HashMap<[u8; 32], Arc<ApiKey>>,
    by_id: HashMap<String, Arc<ApiKey>>,
}

impl KeyRing {
    /// The ring of these keys; what an earlier ring measured goes on.
    pub(crate) fn new(records: Vec<ApiKeyRecord>, earlier: &Self) -> Self {
        let mut ring = Self::default();
        for record in records {
            let rpm = record.scope.rpm.map(clamped);
            let kept = earlier.by_id.get(&record.id).map(|it| Arc::clone(&it.meter));
            let meter = kept.filter(|it| it.rpm == rpm).unwrap_or_else(|| Arc::new(Meter::new(rpm)));
            let key = Arc::new(ApiKey { record, meter });
            ring.by_hash.insert(key.record.sha256, Arc::clone(&key));
            ring.by_id.insert(key.record.id.clone(), key);
        }
        ring
    }

    /// When a key was last used since the start.
    pub(crate) fn last_used(&self, id: &str) -> Option<Timestamp> {
        let at = self.by_id.get(id)?.meter.last_used.load(Relaxed);
        (at != 0).then_some(Timestamp(at))
    }

    fn find(&self, key: &str) -> Option<&Arc<ApiKey>> {
        let hash: [u8; 32] = Sha256::digest(key.as_bytes()).into();
        self.by_hash.get(&hash).filter(|it| bool::from(it.record.sha256.ct_eq(&hash)))
    }
}

fn clamped(rpm: u64) -> NonZeroU32 {
    NonZeroU32::new(u32::try_from(rpm).unwrap_or(u32::MAX)).unwrap_or(NonZeroU32::MIN)
}

impl Meter {
    fn new(rpm: Option<NonZeroU32>) -> Self {
        Self {
            rpm,
            limiter: rpm.map(|rpm| RateLimiter::direct(Quota::per_minute(rpm))),
            in_flight: AtomicU64::new(0),
            last_used: AtomicI64::new(0),
        }
    }
}

/// A call's place under its key's limits, from its head to the end of its answer.
#[derive(Debug)]
pub(crate) struct Pass {
    pub(crate) key: Arc<ApiKey>,
}

impl Drop for Pass {
    fn drop(&mut self) {
        self.key.meter.in_flight.fetch_sub(1, Relaxed);
    }
}

/// Finds the key of a call and takes a place under its limits.
///
/// # Errors
/// 401 where the key is missing, malformed, unknown or expired; 429 beyond its limits.
pub(crate) fn authenticate(headers: &HeaderMap, ring: &KeyRing) -> Result<Pass, CallError> {
    let key = bearer(headers).and_then(|it| ring.find(it)).ok_or_else(CallError::invalid_api_key)?;
    let now = clock::wall();
    if key.record.scope.expires_at.is_some_and(|at| at <= now) {
        return Err(CallError::invalid_api_key());
    }
    let meter = &key.meter;
    meter.last_used.store(now.0, Relaxed);
    // The place is taken first, so that the guard gives it back whatever follows.
    let others = meter.in_flight.fetch_add(1, Relaxed);
    let pass = Pass { key: Arc::clone(key) };
    if key.record.scope.max_in_flight.is_some_and(|most| others >= most) {
        return Err(CallError::key_busy());
    }
    if let Some(limiter) = &meter.limiter
        && let Err(later) = limiter.check()
    {
        let wait = later.wait_time_from(DefaultClock::default().now());
        return Err(CallError::key_rate_exceeded(u64::try_from(wait.as_millis()).unwrap_or(u64::MAX)));
    }
    Ok(pass)
}

/// The key that a call carries, where it has the shape of one of ours.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, key) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    let key = key.trim();
    (scheme.eq_ignore_ascii_case("bearer") && key.starts_with("sb-") && key.len() <= KEY_BYTES).then_some(key)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn ring(scope: ApiKeyScope) -> KeyRing {
        KeyRing::new(vec![record(scope)], &KeyRing::default())
    }

    fn record(scope: ApiKeyScope) -> ApiKeyRecord {
        ApiKeyRecord { id: "a".to_owned(), sha256: Sha256::digest(b"sb-a-secret").into(), scope }
    }

    fn headers(text: &str) -> HeaderMap {
        HeaderMap::from_iter([(header::AUTHORIZATION, text.parse().unwrap())])
    }

    #[test]
    fn only_the_whole_key_opens() {
        let ring = ring(ApiKeyScope::default());
        assert!(authenticate(&headers("Bearer sb-a-secret"), &ring).is_ok());
        assert!(authenticate(&headers("bearer  sb-a-secret"), &ring).is_ok());
        for wrong in
            ["Bearer sb-a-secre", "Bearer sb-a-secret2", "Basic sb-a-secret", "sb-a-secret", "Bearer "]
        {
            let refused = authenticate(&headers(wrong), &ring).unwrap_err();
            assert_eq!(refused, CallError::invalid_api_key(), "{wrong}");
        }
        assert!(authenticate(&HeaderMap::new(), &ring).is_err());
        assert!(ring.last_used("a").is_some());
    }

    #[test]
    fn an_expired_key_is_no_key() {
        let scope = ApiKeyScope { expires_at: Some(Timestamp(1)), ..ApiKeyScope::default() };
        assert!(authenticate(&headers("Bearer sb-a-secret"), &ring(scope)).is_err());
    }

    #[test]
    fn calls_at_once_are_limited_and_places_come_back_even_after_a_change_of_the_configuration() {
        let scope = ApiKeyScope { max_in_flight: Some(1), ..ApiKeyScope::default() };
        let before = ring(scope.clone());
        let headers = headers("Bearer sb-a-secret");
        let first = authenticate(&headers, &before).unwrap();
        assert_eq!(authenticate(&headers, &before).unwrap_err().code, "concurrency_limit_exceeded");
        let after = KeyRing::new(vec![record(scope)], &before);
        assert!(authenticate(&headers, &after).is_err());
        drop(first);
        assert!(authenticate(&headers, &after).is_ok());
    }

    #[test]
    fn calls_a_minute_are_limited() {
        let ring = ring(ApiKeyScope { rpm: Some(2), ..ApiKeyScope::default() });
        let headers = headers("Bearer sb-a-secret");
        assert!(authenticate(&headers, &ring).is_ok() && authenticate(&headers, &ring).is_ok());
        assert_eq!(authenticate(&headers, &ring).unwrap_err().code, "rate_limit_exceeded");
    }
}
