//! Monotonic time, randomness and ids of the data plane. Domain rules get them as arguments.

use std::{
    hash::{BuildHasher as _, RandomState},
    time::Duration,
};

use tokio::time::Instant;

/// Monotonic milliseconds since the start of the data plane. It is the runtime's clock, which tests can pause; the rest
/// of the data plane compares its deadlines with the same one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    start: Instant,
}

impl Clock {
    pub(crate) fn start() -> Self {
        Self { start: Instant::now() }
    }

    pub(crate) fn now_ms(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

/// A duration in milliseconds, as records and headers hold it.
pub(crate) fn millis(duration: Duration) -> f64 {
    // Rounded to whole microseconds; more digits would be noise.
    (duration.as_secs_f64() * 1e6).round() / 1e3
}

/// A uniform random number in `[0, 1)`, for spreading and jitter; not for secrets.
pub(crate) fn random_unit() -> f64 {
    // Each new `RandomState` has different keys, made without a system call. A double holds 53 bits.
    (RandomState::new().hash_one(()) >> 11) as f64 / (1_u64 << 53) as f64
}

/// An unguessable id: the prefix and 32 hexadecimal digits, of which the first 12 are the time in
/// milliseconds, as in RFC 9562 §5.7, so stores append to their indexes. Falls back to a weaker id if
/// the system has no randomness, so no call is refused for that.
pub(crate) fn new_id(prefix: &str) -> String {
    let mut bytes = [0; 16];
    if getrandom::fill(&mut bytes).is_err() {
        let fallback = [RandomState::new().hash_one(1), RandomState::new().hash_one(2)];
        bytes[..8].copy_from_slice(&fallback[0].to_be_bytes());
        bytes[8..].copy_from_slice(&fallback[1].to_be_bytes());
    }
    let random = u128::from_be_bytes(bytes) >> 48;
    let time = u128::try_from(crate::clock::now().0).unwrap_or(0) << 80;
    format!("{prefix}{:032x}", time | random)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rolls_stay_in_their_range_and_ids_differ() {
        assert!((0..1000).map(|_| random_unit()).all(|it| (0.0..1.0).contains(&it)));
        assert_ne!(new_id("req_"), new_id("req_"));
        assert_eq!(new_id("req_").len(), 36);
    }
}
