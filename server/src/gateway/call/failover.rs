//! Walks a plan until an instance answers. Client calls, router calls, smoke tests and the playground share
//! this walk.
//!
//! The plan fixes the order. A member that was available when the plan was made may be full or ejected by
//! now; it is skipped, which does not count as an attempt.

use std::sync::Arc;

use app::domain::{
    ids::InstanceId,
    routing::{
        outcome::Outcome,
        plan::{Plan, Verdict},
    },
};
use futures_util::future::BoxFuture;

use super::{
    attempt::{AttemptFailure, OutgoingRequest, UpstreamAnswer, attempt},
    record::Recorder,
};
use crate::gateway::{
    snapshot::Snapshot,
    state::{clock::Clock, instance_health::InFlightGuard},
    upstream::Upstream,
};

/// An answer and its origin.
pub(crate) struct Answered {
    pub(crate) upstream: Arc<Upstream>,
    /// Index of the candidate in the plan.
    pub(crate) candidate: usize,
    pub(crate) answer: UpstreamAnswer,
    /// The call on the instance; lasts until the end of the answer.
    pub(crate) guard: InFlightGuard,
}

/// No instance answered.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Exhausted {
    pub(crate) verdict: Verdict,
    /// The outcome of each attempt, in order.
    pub(crate) failures: Vec<(InstanceId, Outcome)>,
}

impl Exhausted {
    /// The outcome of the last attempt, if there was one.
    pub(crate) fn last(&self) -> Option<&Outcome> {
        self.failures.last().map(|(_, outcome)| outcome)
    }
}

/// A request as an instance of a plan gets it.
pub(crate) trait PlannedRequest {
    /// Calls an instance on the slot that `guard` holds, and returns the guard.
    fn attempt<'a>(
        &'a self,
        upstream: &'a Arc<Upstream>,
        guard: InFlightGuard,
    ) -> BoxFuture<'a, (InFlightGuard, Result<UpstreamAnswer, AttemptFailure>)>;
}

impl PlannedRequest for OutgoingRequest<'_> {
    fn attempt<'a>(
        &'a self,
        upstream: &'a Arc<Upstream>,
        guard: InFlightGuard,
    ) -> BoxFuture<'a, (InFlightGuard, Result<UpstreamAnswer, AttemptFailure>)> {
        // The future of an attempt is large; boxed, it does not bloat those around it.
        Box::pin(async move {
            let result = attempt(upstream, self, &guard).await;
            (guard, result)
        })
    }
}

/// Walks `plan` for at most `max_attempts` attempts. Attempts are recorded in `recorder`, except for router
/// calls, which have none. A `dry` walk changes no instance's health.
///
/// # Errors
/// [`Exhausted`] if no instance answered.
pub(crate) async fn walk(
    snapshot: &Snapshot,
    clock: Clock,
    plan: &Plan,
    request: &impl PlannedRequest,
    max_attempts: u64,
    dry: bool,
    mut recorder: Option<&mut Recorder>,
) -> Result<Answered, Exhausted> {
    let mut failures: Vec<(InstanceId, Outcome)> = Vec::new();
    let mut attempts = plan.attempts(max_attempts);
    while let Some(planned) = attempts.next() {
        let Some((candidate, member)) = plan.at(planned) else { continue };
        let upstream = snapshot.upstream(&member.instance_id);
        let started =
            upstream.and_then(|it| Some((it, it.health.try_begin(it.max_in_flight, planned.last_resort)?)));
        let Some((upstream, guard)) = started else {
            attempts.return_unused(planned);
            continue;
        };
        let guard = if dry { guard.without_recording() } else { guard };
        if let Some(recorder) = &mut recorder {
            recorder.start_attempt(&candidate.route, candidate.reason, &upstream.id);
        }
        let (guard, result) = request.attempt(upstream, guard).await;
        let (outcome, status) = outcome_of(&result);
        if let Some(recorder) = &mut recorder {
            recorder.end_attempt(&outcome, status);
        }
        if let Ok(answer) = result {
            let upstream = Arc::clone(upstream);
            return Ok(Answered { upstream, candidate: planned.candidate, answer, guard });
        }
        guard.finish(&outcome);
        failures.push((member.instance_id.clone(), outcome));
        if !outcome.may_try_elsewhere() {
            break;
        }
    }
    Err(Exhausted { verdict: plan.verdict(&failures, clock.now_ms()), failures })
}

/// The outcome of an attempt, and the status of its response if the outcome doesn't tell.
pub(crate) fn outcome_of(result: &Result<UpstreamAnswer, AttemptFailure>) -> (Outcome, Option<u16>) {
    match result {
        Ok(UpstreamAnswer::Plain(answer)) => (Outcome::Ok, Some(answer.status.as_u16())),
        Ok(UpstreamAnswer::Stream(_)) => (Outcome::Ok, Some(200)),
        Ok(UpstreamAnswer::Rejected(answer)) => (Outcome::Rejected(answer.status.as_u16()), None),
        Err(AttemptFailure { outcome, status }) => (*outcome, *status),
    }
}
