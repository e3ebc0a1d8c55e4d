//! When a router model is not asked at all: after five failures in a row it rests for 30 s, then one call probes it.
//!
//! Apart from the health of instances: a router that is merely too slow for its budget harms nobody else's calls.
//! Time comes in as an argument; a step is a few atomic operations, no lock.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed};

/// Failures in a row that open it.
const FAILURES: u32 = 5;
/// How long it stays open, in milliseconds; as long a probe is believed to be under way.
const OPEN_MS: u64 = 30_000;

/// A breaker; closed at first.
#[derive(Debug, Default)]
pub(crate) struct Breaker {
    failures: AtomicU32,
    /// Until when nobody may pass; 0 while it is closed.
    open_until_ms: AtomicU64,
}

impl Breaker {
    /// Whether a call may pass now. Once the rest is over, the one that moves it on is the probe, and the others
    /// wait for its verdict or for its lease to end.
    pub(crate) fn allows(&self, now_ms: u64) -> bool {
        let until = self.open_until_ms.load(Relaxed);
        until == 0
            || (until <= now_ms
                && self.open_until_ms.compare_exchange(until, now_ms + OPEN_MS, Relaxed, Relaxed).is_ok())
    }

    /// Whether a call would pass now, without being the probe.
    pub(crate) fn is_open(&self) -> bool {
        self.open_until_ms.load(Relaxed) != 0
    }

    /// A call went well.
    pub(crate) fn record_success(&self) {
        self.failures.store(0, Relaxed);
        self.open_until_ms.store(0, Relaxed);
    }

    /// A call failed.
    pub(crate) fn record_failure(&self, now_ms: u64) {
        let failures = self.failures.fetch_add(1, Relaxed).saturating_add(1);
        if failures >= FAILURES {
            self.open_until_ms.store(now_ms + OPEN_MS, Relaxed);
        }
    }

    /// A call ended without telling anything; if it was the probe, the next call is.
    pub(crate) fn record_unknown(&self, now_ms: u64) {
        if self.is_open() {
            self.open_until_ms.store(now_ms.max(1), Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opened() -> Breaker {
        let breaker = Breaker::default();
        for now in 0..5 {
            assert!(breaker.allows(now));
            breaker.record_failure(now);
        }
        breaker
    }

    #[test]
    fn five_failures_in_a_row_open_it_and_a_success_between_them_does_not() {
        assert!(!opened().allows(5));
        let breaker = Breaker::default();
        for now in 0..20 {
            assert!(breaker.allows(now));
            if now % 5 == 4 { breaker.record_success() } else { breaker.record_failure(now) }
        }
    }

    #[test]
    fn after_its_rest_one_probe_passes() {
        let breaker = opened();
        assert!(!breaker.allows(30_003));
        assert!(breaker.allows(30_004));
        assert!(!breaker.allows(30_004));
        breaker.record_success();
        assert!(breaker.allows(30_005) && breaker.allows(30_005));
    }

    #[test]
    fn a_failed_probe_opens_it_again_and_one_that_was_left_frees_the_place() {
        let breaker = opened();
        assert!(breaker.allows(40_000));
        breaker.record_failure(41_000);
        assert!(!breaker.allows(70_999));
        assert!(breaker.allows(71_000));
        breaker.record_unknown(71_500);
        assert!(breaker.allows(71_500));
    }
}
