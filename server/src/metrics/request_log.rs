//! Counters of the request log, updated by its tasks.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Counters since the start.
#[derive(Debug, Default)]
pub struct RequestLogCounters {
    /// Records queued for the store.
    pub received: AtomicU64,
    /// Records written to the store.
    pub written: AtomicU64,
    /// Records lost after they were queued, because the store was unavailable for too long.
    pub dropped: AtomicU64,
}

impl RequestLogCounters {
    /// Records that wait to be written.
    pub fn waiting(&self) -> u64 {
        let gone = self.written.load(Relaxed) + self.dropped.load(Relaxed);
        // Read last, so it is never less than the other two.
        self.received.load(Relaxed).saturating_sub(gone)
    }
}
