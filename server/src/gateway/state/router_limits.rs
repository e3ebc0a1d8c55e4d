//! The limits of a router model, shared by all balancers that use it: concurrency and a circuit breaker.

use tokio::sync::Semaphore;

use super::breaker::Breaker;

/// Concurrent calls of one router model.
const MAX_CONCURRENT_CALLS: usize = 64;

/// The limits of one router model.
#[derive(Debug)]
pub(crate) struct RouterLimits {
    pub(crate) breaker: Breaker,
    /// One permit per concurrent call.
    pub(crate) permits: Semaphore,
}

impl Default for RouterLimits {
    fn default() -> Self {
        Self { breaker: Breaker::default(), permits: Semaphore::new(MAX_CONCURRENT_CALLS) }
    }
}
