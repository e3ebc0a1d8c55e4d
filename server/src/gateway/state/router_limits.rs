//! The limits of one router model, shared by all balancers that ask it: calls at once, and a breaker.

use tokio::sync::Semaphore;

use super::breaker::Breaker;

/// Router calls at once for one router model.
const MAX_CONCURRENT_CALLS: usize = 64;

/// The limits of one router model.
#[derive(Debug)]
pub(crate) struct RouterLimits {
    pub(crate) breaker: Breaker,
    /// One permit for each call at once.
    pub(crate) permits: Semaphore,
}

impl Default for RouterLimits {
    fn default() -> Self {
        Self { breaker: Breaker::default(), permits: Semaphore::new(MAX_CONCURRENT_CALLS) }
    }
}
