//! Circuit breaker of a router model: after five failures in a row it opens for 30 s, then one call probes
//! it.
//!
//! It is separate from the health of instances, because a router that is too slow for its budget harms no
//! other calls. Time is an argument; a step is a few atomic operations without a lock.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed};

/// Failures in a row that open it.
const FAILURES: u32 = 5;
/// How long it stays open, in milliseconds; also the lease of a probe.
const OPEN_MS: u64 = 30_000;

/// A circuit breaker, closed at first.
#[derive(Debug, Default)]
pub(crate) struct Breaker {
    failures: AtomicU32,
    /// When the next probe may pass; 0 while closed.
    open_until_ms: AtomicU64,
}

impl Breaker {
    /// Whether a call may pass. Once the breaker is due, the call that advances the time is the probe; others
    /// wait for its result or for its lease to end.
    pub(crate) fn allows(&self, now_ms: u64) -> bool {
        let until = self.open_until_ms.load(Relaxed);
        until == 0
            || (until <= now_ms
                && self.open_until_ms.compare_exchange(until, now_ms + OPEN_MS, Relaxed, Relaxed).is_ok())
    }

    /// Whether it is open, regardless of a due probe.
    pub(crate) fn is_open(&self) -> bool {
        self.open_until_ms.load(Relaxed) != 0
    }

    /// Closes the breaker.
    pub(crate) fn record_success(&self) {
        self.failures.store(0, Relaxed);
        self.open_until_ms.store(0, Relaxed);
    }

    /// Counts a failure, which may open the breaker.
    pub(crate) fn record_failure(&self, now_ms: u64) {
        let failures = self.failures.fetch_add(1, Relaxed).saturating_add(1);
        if failures >= FAILURES {
            self.open_until_ms.store(now_ms + OPEN_MS, Relaxed);
        }
    }

    /// Opens the breaker, whatever was counted.
    pub(crate) fn open(&self, now_ms: u64) {
        self.failures.store(FAILURES, Relaxed);
        self.open_until_ms.store(now_ms + OPEN_MS, Relaxed);
    }

    /// Ends a call without a result. If it was the probe, the next call may probe.
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
    fn it_opens_on_request_and_a_success_closes_it() {
        let breaker = Breaker::default();
        breaker.open(5);
        assert!(breaker.is_open() && !breaker.allows(30_004));
        breaker.record_success();
        assert!(breaker.allows(30_004));
    }

    #[test]
    fn one_probe_passes_once_it_is_due() {
        let breaker = opened();
        assert!(!breaker.allows(30_003));
        assert!(breaker.allows(30_004));
        assert!(!breaker.allows(30_004));
        breaker.record_success();
        assert!(breaker.allows(30_005) && breaker.allows(30_005));
    }

    #[test]
    fn a_failed_probe_opens_it_again_and_after_an_abandoned_one_the_next_call_probes() {
        let breaker = opened();
        assert!(breaker.allows(40_000));
        breaker.record_failure(41_000);
        assert!(!breaker.allows(70_999));
        assert!(breaker.allows(71_000));
        breaker.record_unknown(71_500);
        assert!(breaker.allows(71_500));
    }
}
