//! Decision and delivery of an admitted call: which route, and then instance after instance until one answers.

use app::domain::{
    balancer::{RoutingMode, Stickiness},
    call::CallText,
    instance::WorkloadKind,
    outcome::Outcome,
    plan::{Plan, Verdict},
};

use super::{
    admit::Call,
    attempt::OutgoingRequest,
    decide::{Decided, DecisionInput, Kind, decide},
    error::CallError,
    failover::{self, Answered, Exhausted},
    record::Recorder,
};
use crate::gateway::upstream::Upstream;

/// The largest plain answer, in bytes.
const ANSWER_BYTES: usize = 64 * 1024 * 1024;
/// When to come back where nothing says when a destination will be available, in milliseconds.
const COME_BACK_MS: u64 = 5_000;

/// Decides about a call and writes that down.
pub(crate) async fn decide_call(call: &Call, record: &mut Recorder) -> Decided {
    let text = if call.served.reads_text {
        call.request.text(call.engine.conversations.key())
    } else {
        CallText::default()
    };
    let input = DecisionInput {
        snapshot: &call.snapshot,
        request_id: record.id(),
        served: &call.served,
        text: &text,
        forced: call.forced,
        session: call.session.as_deref(),
        caller: &call.caller,
        headers: &call.headers,
        deadline: call.deadline,
        kind: Kind::Call,
    };
    let decided = Box::pin(decide(&call.engine, &input)).await;
    record.decided(&decided.decision);
    decided
}

/// Walks the plan of a call until somebody answers.
///
/// # Errors
/// The error for the caller.
pub(crate) async fn deliver(
    call: &Call,
    decided: &Decided,
    record: &mut Recorder,
) -> Result<Answered, CallError> {
    let body = |upstream: &Upstream| call.request.body_for(upstream.model.as_deref());
    let outgoing = OutgoingRequest {
        kind: call.kind,
        stream: call.request.stream,
        headers: call.headers.clone(),
        body: &body,
        answer_cap: ANSWER_BYTES,
        cuts_at_cap: false,
        dimensions: known_dimensions(call, &decided.plan),
        learns_dimensions: !call.request.asks_dimensions,
        deadline: call.deadline,
    };
    let attempts = call.served.stored.spec.max_attempts;
    let clock = call.engine.clock;
    let walk = failover::walk(&call.snapshot, clock, &decided.plan, &outgoing, attempts, false, Some(record));
    let answered = walk.await.map_err(|exhausted| failure(&exhausted))?;
    if let Some(candidate) = decided.plan.candidates.get(answered.candidate) {
        let chosen = decided.chosen && answered.candidate == 0;
        remember(call, decided, &candidate.route, chosen);
    }
    Ok(answered)
}

/// Remembers which route answered, where a later call of the conversation will ask.
fn remember(call: &Call, decided: &Decided, route: &str, chosen: bool) {
    let balancer = &call.served.stored.spec;
    let stickiness = balancer.classifier.stickiness;
    if balancer.routing_mode != RoutingMode::IntentClassifier || stickiness == Stickiness::PerRequest {
        return;
    }
    let (conversations, now_ms) = (&call.engine.conversations, call.engine.clock.now_ms());
    conversations.note(decided.turn, route, false, now_ms);
    if call.session.is_some() || stickiness == Stickiness::PerConversation {
        conversations.note(decided.conversation, route, chosen, now_ms);
    }
}

/// The length of embeddings that any instance of the plan is known to have: answers of one balancer must not mix
/// vector spaces.
fn known_dimensions(call: &Call, plan: &Plan) -> Option<u64> {
    if call.kind != WorkloadKind::Embeddings {
        return None;
    }
    let members = plan.candidates.iter().flat_map(|it| &it.members);
    members.filter_map(|it| call.snapshot.upstream(&it.instance_id)?.health.dimensions()).next()
}

/// The error for a call that nobody answered.
fn failure(exhausted: &Exhausted) -> CallError {
    match exhausted.verdict {
        Verdict::RateLimited { retry_after_ms } => CallError::rate_limited(retry_after_ms),
        Verdict::Unavailable { retry_after_ms } => {
            CallError::no_available_destination(retry_after_ms.unwrap_or(COME_BACK_MS))
        }
        Verdict::Failed if exhausted.tried.iter().any(|(_, it)| *it == Outcome::Status(508)) => {
            CallError::loop_detected()
        }
        Verdict::Failed => CallError::upstream_failed(exhausted.last().unwrap_or(&Outcome::Reset)),
    }
}
