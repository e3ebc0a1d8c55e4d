//! Counters of the request log, written by its tasks.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Counters since the start.
#[derive(Debug, Default)]
pub struct RequestLogCounters {
    /// Records received for the store.
    pub received: AtomicU64,
    /// Records written to the store.
    pub written: AtomicU64,
    /// Records that were received and then lost, because the store was away for too long.
    pub dropped: AtomicU64,
}

impl RequestLogCounters {
    /// Records that wait to be written.
    pub fn waiting(&self) -> u64 {
        let gone = self.written.load(Relaxed) + self.dropped.load(Relaxed);
        // Read last, so that it counts whatever those two do.
        self.received.load(Relaxed).saturating_sub(gone)
    }
}
