//! Walks a plan until somebody answers: the same walk for client calls, router calls, smoke tests and the playground.
//!
//! The order is the plan's. Here it meets the running system: a member that was available when the plan was made may
//! be full or resting now, and is passed over without counting as an attempt.

use std::sync::Arc;

use app::domain::{
    ids::InstanceId,
    outcome::Outcome,
    plan::{Plan, Verdict},
};

use super::{
    attempt::{AttemptFailure, OutgoingRequest, UpstreamAnswer, attempt},
    record::Recorder,
};
use crate::gateway::{
    snapshot::Snapshot,
    state::{clock::Clock, instance_health::InFlightGuard},
    upstream::Upstream,
};

/// An answer, and where it came from.
pub(crate) struct Answered {
    pub(crate) upstream: Arc<Upstream>,
    /// The candidate that answered, by its place in the plan.
    pub(crate) candidate: usize,
    pub(crate) answer: UpstreamAnswer,
    /// The call on the instance, which lasts as long as a stream does.
    pub(crate) guard: InFlightGuard,
}

/// Why nobody answered.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Exhausted {
    pub(crate) verdict: Verdict,
    /// How each attempt ended, in order.
    pub(crate) failures: Vec<(InstanceId, Outcome)>,
}

impl Exhausted {
    /// How the last attempt ended, where there was one.
    pub(crate) fn last(&self) -> Option<&Outcome> {
        self.failures.last().map(|(_, outcome)| outcome)
    }
}

/// Walks `plan`, making at most `max_attempts` attempts. A `quiet` walk touches no instance's health.
///
/// # Errors
/// [`Exhausted`] where nobody answered.
pub(crate) async fn walk(
    snapshot: &Snapshot,
    clock: Clock,
    plan: &Plan,
    outgoing: &OutgoingRequest<'_>,
    max_attempts: u64,
    dry: bool,
    mut recorder: Option<&mut Recorder>,
) -> Result<Answered, Exhausted> {
    let mut failures: Vec<(InstanceId, Outcome)> = Vec::new();
    let mut steps = plan.walk(max_attempts);
    while let Some(step) = steps.next() {
        let Some((candidate, member)) = plan.at(step) else { continue };
        let upstream = snapshot.upstream(&member.instance_id);
        let started =
            upstream.and_then(|it| Some((it, it.health.try_begin(it.max_in_flight, step.last_resort)?)));
        let Some((upstream, guard)) = started else {
            steps.give_back(step);
            continue;
        };
        let guard = if dry { guard.without_recording() } else { guard };
        if let Some(recorder) = &mut recorder {
            recorder.start_attempt(&candidate.route, candidate.reason, &upstream.id);
        }
        // The future of an attempt is large; on the heap it does not swell those around it.
        let result = Box::pin(attempt(upstream, outgoing, &guard)).await;
        let (outcome, status) = match &result {
            Ok(UpstreamAnswer::Plain(answer)) => (Outcome::Ok, Some(answer.status.as_u16())),
            Ok(UpstreamAnswer::Stream(_)) => (Outcome::Ok, Some(200)),
            Ok(UpstreamAnswer::Rejected(answer)) => (Outcome::Rejected(answer.status.as_u16()), None),
            Err(AttemptFailure { outcome, status }) => (*outcome, *status),
        };
        if let Some(recorder) = &mut recorder {
            recorder.end_attempt(&outcome, status);
        }
        if let Ok(answer) = result {
            let upstream = Arc::clone(upstream);
            return Ok(Answered { upstream, candidate: step.candidate, answer, guard });
        }
        guard.finish(&outcome);
        failures.push((member.instance_id.clone(), outcome));
        if !outcome.may_try_elsewhere() {
            break;
        }
    }
    Err(Exhausted { verdict: plan.verdict(&failures, clock.now_ms()), failures })
}
