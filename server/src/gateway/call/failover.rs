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
    state::{
        clock::Clock,
        instance_health::{InFlightGuard, SuspectedFailure, request_digest},
    },
    upstream::Upstream,
};

/// An answer and its origin.
pub(crate) struct Answered {
    pub(crate) upstream: Arc<Upstream>,
    /// Index of the route in the plan.
    pub(crate) planned_route: usize,
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
    /// The wait that the last upstream asked for.
    pub(crate) retry_after_ms: Option<u64>,
}

impl Exhausted {
    /// The outcome of the last attempt, if there was one. An instance that does not speak the API was not asked.
    pub(crate) fn last(&self) -> Option<&Outcome> {
        let mut outcomes = self.failures.iter().rev().map(|(_, outcome)| outcome);
        outcomes.find(|it| !matches!(it, Outcome::ApiNotSupported(_)))
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

    /// A digest by which a request that fails again is recognized; 0 if it has none.
    fn digest(&self) -> u64 {
        0
    }
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

    fn digest(&self) -> u64 {
        self.source.map_or(0, request_digest)
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
    let mut last_retry_after_ms = None;
    // Failures in answers wait for the end of the walk: if all instances fail, the request may be to blame.
    let mut suspects: Vec<SuspectedFailure> = Vec::new();
    let mut attempts = plan.attempts(max_attempts);
    while let Some(planned) = attempts.next() {
        let Some((route, member)) = plan.at(planned) else { continue };
        let upstream = snapshot.upstream(&member.instance_id);
        let started =
            upstream.and_then(|it| Some((it, it.health.try_begin(it.max_in_flight, planned.last_resort)?)));
        let Some((upstream, guard)) = started else {
            attempts.return_unused(planned);
            continue;
        };
        let guard = if dry { guard.without_recording() } else { guard };
        if let Some(recorder) = &mut recorder {
            recorder.start_attempt(route, upstream);
        }
        let (guard, result) = request.attempt(upstream, guard).await;
        let (outcome, status) = outcome_of(&result);
        if !matches!(outcome, Outcome::ApiNotSupported(_)) {
            last_retry_after_ms = result.as_ref().err().and_then(|it| it.retry_after_ms);
        }
        if let Some(recorder) = &mut recorder {
            recorder.end_attempt(&outcome, status);
        }
        if let Ok(answer) = result {
            let request = if suspects.is_empty() { 0 } else { request.digest() };
            let may_be_the_request = matches!(outcome, Outcome::Rejected(_));
            suspects.into_iter().for_each(|it| it.record(may_be_the_request, request));
            let upstream = Arc::clone(upstream);
            return Ok(Answered { upstream, planned_route: planned.route, answer, guard });
        }
        if matches!(outcome, Outcome::ApiNotSupported(_)) {
            attempts.return_unused(planned);
        }
        suspects.extend(guard.fail(&outcome));
        failures.push((member.instance_id.clone(), outcome));
        if !outcome.may_try_elsewhere() {
            break;
        }
    }
    let others = failures.iter().filter(|(_, it)| !matches!(it, Outcome::ApiNotSupported(_))).count() > 1;
    let request = if suspects.is_empty() { 0 } else { request.digest() };
    suspects.into_iter().for_each(|it| it.record(others, request));
    let now_ms = clock.now_ms();
    for (id, outcome) in &mut failures {
        // An instance may cool for longer than its answer said, and has been cooling since.
        if let Outcome::RateLimited { retry_after_ms } = outcome {
            let rest_ms = snapshot.upstream(id).and_then(|it| it.health.rest_ms(now_ms));
            *retry_after_ms = rest_ms.or(*retry_after_ms);
        }
    }
    let verdict = plan.verdict(&failures, now_ms);
    Err(Exhausted { verdict, failures, retry_after_ms: last_retry_after_ms })
}

/// The outcome of an attempt, and the status of its response if the outcome doesn't tell.
pub(crate) fn outcome_of(result: &Result<UpstreamAnswer, AttemptFailure>) -> (Outcome, Option<u16>) {
    match result {
        Ok(UpstreamAnswer::Plain(answer)) => (Outcome::Ok, Some(answer.status.as_u16())),
        Ok(UpstreamAnswer::Stream(_)) => (Outcome::Ok, Some(200)),
        Ok(UpstreamAnswer::Rejected(answer)) => (Outcome::Rejected(answer.status.as_u16()), None),
        Err(AttemptFailure { outcome, status, .. }) => (*outcome, *status),
    }
}
