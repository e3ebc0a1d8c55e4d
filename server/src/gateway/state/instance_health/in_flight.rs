//! Calls in flight on an instance, and what their ends mean for its health.

use std::{
    hash::{DefaultHasher, Hash as _, Hasher as _},
    sync::{Arc, atomic::Ordering::Relaxed},
};

use app::domain::routing::{
    outcome::{Outcome, Proof},
    select::PeakEwma,
};
use bytes::Bytes;
use tokio::time::Instant;

use super::InstanceHealth;
use crate::gateway::state::clock;

/// A call in flight on an instance, from its beginning to the end of its answer.
#[derive(Debug)]
pub(crate) struct InFlightGuard {
    pub(super) health: Arc<InstanceHealth>,
    pub(crate) began: Instant,
    pub(super) began_ms: u64,
    /// Whether the outcome is still to be recorded; never in a dry run.
    pub(super) is_pending: bool,
    /// Whether the call asks for a route.
    pub(super) is_router_call: bool,
}

impl InFlightGuard {
    /// The same call without an effect on the instance's health.
    pub(crate) fn without_recording(mut self) -> Self {
        self.is_pending = false;
        self
    }

    /// The same call as one that asks for a route.
    pub(crate) fn for_router_call(mut self) -> Self {
        self.is_router_call = true;
        self
    }

    /// Records the time to first byte.
    pub(crate) fn record_first_byte(&self) {
        if self.is_router_call {
            self.health.record_router_response();
        }
        if self.is_pending {
            let now_ms = self.health.clock.now_ms();
            let sample = clock::millis(self.began.elapsed());
            // Of two samples at the same moment, one may be lost.
            let latency = PeakEwma::from_bits(self.health.latency.load(Relaxed)).observe(sample, now_ms);
            self.health.latency.store(latency.to_bits(), Relaxed);
        }
    }

    /// Ends the call with an outcome.
    pub(crate) fn finish(mut self, outcome: &Outcome) {
        self.report(outcome);
    }

    /// Ends the call with the failure of a stream that had begun. `request` is the digest of the call's body.
    pub(crate) fn finish_broken(mut self, outcome: &Outcome, request: u64) {
        if std::mem::take(&mut self.is_pending) {
            self.health.record_outcome(outcome, self.began_ms, false, request);
        }
    }

    /// Ends the call with a failure. One that the request may have caused is not recorded yet.
    #[must_use]
    pub(crate) fn fail(mut self, outcome: &Outcome) -> Option<SuspectedFailure> {
        // A refusal of this server that is proved, or all that was ever heard, is nobody else's.
        let is_ours = match outcome {
            Outcome::Refused { proof, .. } => *proof == Proof::Code || !self.health.has_answered(),
            _ => false,
        };
        if is_ours || !outcome.is_in_answer() {
            self.report(outcome);
            return None;
        }
        let is_pending = std::mem::take(&mut self.is_pending);
        let (health, began_ms) = (Arc::clone(&self.health), self.began_ms);
        Some(SuspectedFailure { health, outcome: *outcome, began_ms, is_pending })
    }

    fn report(&mut self, outcome: &Outcome) {
        if std::mem::take(&mut self.is_pending) {
            self.health.record_outcome(outcome, self.began_ms, false, 0);
        }
    }
}

/// A failure in an answer, before it is known whether the request or the instance is to blame. Dropped, it says
/// nothing.
#[derive(Debug)]
pub(crate) struct SuspectedFailure {
    health: Arc<InstanceHealth>,
    outcome: Outcome,
    began_ms: u64,
    is_pending: bool,
}

impl SuspectedFailure {
    /// Records it. `may_be_the_request` says that other instances were tried and did not answer well, `request` is the
    /// digest of the call's body, or 0.
    pub(crate) fn record(mut self, may_be_the_request: bool, request: u64) {
        if std::mem::take(&mut self.is_pending) {
            self.health.record_outcome(&self.outcome, self.began_ms, may_be_the_request, request);
        }
    }
}

impl Drop for SuspectedFailure {
    fn drop(&mut self) {
        if self.is_pending {
            self.health.record_outcome(&Outcome::Cancelled, self.began_ms, false, 0);
        }
    }
}

/// A digest of a call's body; never 0.
pub(crate) fn request_digest(body: &Bytes) -> u64 {
    let mut hasher = DefaultHasher::new();
    body.hash(&mut hasher);
    hasher.finish().max(1)
}

impl Drop for InFlightGuard {
    fn drop(&mut self) {
        self.report(&Outcome::Cancelled);
        self.health.in_flight.fetch_sub(1, Relaxed);
    }
}
