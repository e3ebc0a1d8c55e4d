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
    attempt::{Answer, AttemptFailure, OutgoingRequest, attempt},
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
    pub(crate) answer: Answer,
    /// The call on the instance, which lasts as long as a stream does.
    pub(crate) guard: InFlightGuard,
}

/// Why nobody answered.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Exhausted {
    pub(crate) verdict: Verdict,
    /// How each attempt ended, in order.
    pub(crate) tried: Vec<(InstanceId, Outcome)>,
}

impl Exhausted {
    /// How the last attempt ended, where there was one.
    pub(crate) fn last(&self) -> Option<&Outcome> {
        self.tried.last().map(|(_, outcome)| outcome)
    }
}

/// Where attempts are written down; router calls have no place of their own in a record.
pub(crate) type Journal<'a> = Option<&'a mut Recorder>;

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
    quiet: bool,
    mut journal: Journal<'_>,
) -> Result<Answered, Exhausted> {
    let mut tried: Vec<(InstanceId, Outcome)> = Vec::new();
    let mut steps = plan.walk(max_attempts);
    while let Some(step) = steps.next() {
        let Some((candidate, member)) = plan.at(step) else { continue };
        let upstream = snapshot.upstream(&member.instance_id);
        let entered =
            upstream.and_then(|it| Some((it, it.health.enter(it.max_in_flight, step.last_resort)?)));
        let Some((upstream, guard)) = entered else {
            steps.give_back(step);
            continue;
        };
        let guard = if quiet { guard.quietly() } else { guard };
        if let Some(journal) = &mut journal {
            journal.attempt_begins(&candidate.route, candidate.reason, &upstream.id);
        }
        // The future of an attempt is large; on the heap it does not swell those around it.
        let attempted = Box::pin(attempt(upstream, outgoing, &guard)).await;
        let (outcome, status) = match &attempted {
            Ok(Answer::Plain(answer)) => (Outcome::Ok, Some(answer.status.as_u16())),
            Ok(Answer::Stream(_)) => (Outcome::Ok, Some(200)),
            Ok(Answer::Rejected(answer)) => (Outcome::Rejected(answer.status.as_u16()), None),
            Err(AttemptFailure { outcome, status }) => (*outcome, *status),
        };
        if let Some(journal) = &mut journal {
            journal.attempt_ended(&outcome, status);
        }
        if let Ok(answer) = attempted {
            let upstream = Arc::clone(upstream);
            return Ok(Answered { upstream, candidate: step.candidate, answer, guard });
        }
        guard.ended(&outcome);
        tried.push((member.instance_id.clone(), outcome));
        if !outcome.may_try_elsewhere() {
            break;
        }
    }
    Err(Exhausted { verdict: plan.verdict(&tried, clock.now_ms()), tried })
}
