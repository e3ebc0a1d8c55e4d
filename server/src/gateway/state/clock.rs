//! The one place of the data plane that reads clocks and rolls dice; the rules that need them get them as arguments.

use std::{
    hash::{BuildHasher as _, RandomState},
    time::{Duration, Instant},
};

/// Monotonic milliseconds since a start, and the wall clock beside them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    start: Instant,
}

impl Clock {
    pub(crate) fn start() -> Self {
        Self { start: Instant::now() }
    }

    /// Milliseconds since the start; never goes back.
    pub(crate) fn now_ms(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

/// A duration as records and headers write it.
pub(crate) fn millis(duration: Duration) -> f64 {
    // Whole microseconds: more digits would be noise.
    (duration.as_secs_f64() * 1e6).round() / 1e3
}

/// Uniform in `[0, 1)`: to spread and to jitter, not to keep a secret.
pub(crate) fn random_unit() -> f64 {
    // Each new state of the standard hasher has other keys, made without asking the system again.
    // 53 bits are what a double holds.
    (RandomState::new().hash_one(()) >> 11) as f64 / (1_u64 << 53) as f64
}

/// An id that nobody can guess: the prefix and 32 hexadecimal digits, the first 12 of them the time in milliseconds, as in
/// RFC 9562 §5.7, so that stores append them to their indexes. Where the system has no randomness to give, a weaker id
/// serves: a call is not refused for it.
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
