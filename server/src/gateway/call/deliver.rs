//! Decision and delivery of an admitted call: picks a route, then tries instances until one answers.

use app::domain::{
    api::Endpoint,
    config::balancer::Stickiness,
    routing::{
        call::CallText,
        outcome::Outcome,
        plan::{Plan, Verdict},
    },
};

use super::{
    admit::Call,
    attempt::{OutgoingRequest, UpstreamAnswer, VectorRequest},
    decide::{DecisionInput, DecisionMode, Routing, decide},
    error::CallError,
    failover::{self, Answered, Exhausted},
    made_response::stored_response,
    record::Recorder,
};
use crate::gateway::upstream::Upstream;

/// Largest plain answer, in bytes.
const MAX_ANSWER_BYTES: usize = 64 * 1024 * 1024;
/// `Retry-After` if nothing tells when a destination will be available, in milliseconds.
const DEFAULT_RETRY_AFTER_MS: u64 = 5_000;

/// Decides about a call and records the decision.
pub(crate) async fn decide_call(call: &Call, recorder: &mut Recorder) -> Routing {
    let text = if call.balancer.needs_text {
        call.request.text(call.shared.conversations.hash_key())
    } else {
        CallText::default()
    };
    let input = DecisionInput {
        snapshot: &call.snapshot,
        balancer: &call.balancer,
        text: &text,
        endpoint: call.endpoint(),
        forced_route: call.forced_route,
        pinned: call.pinned.as_ref(),
        session: call.session.as_deref(),
        caller: &call.caller,
        headers: &call.headers,
        deadline: call.deadline,
        mode: DecisionMode::Call,
    };
    let routing = Box::pin(decide(&call.shared, &input)).await;
    let router_ms = routing.router.as_ref().map(|it| it.ms);
    let (excerpt, verdict) = (routing.excerpt, routing.verdict.clone());
    recorder.set_decision(&call.balancer, &routing.plan, router_ms, excerpt, verdict, routing.ms);
    routing
}

/// Walks the plan of a call until an instance answers.
///
/// # Errors
/// The error for the caller.
pub(crate) async fn deliver(
    call: &Call,
    routing: &Routing,
    recorder: &mut Recorder,
) -> Result<Answered, CallError> {
    let body = |upstream: &Upstream| call.request.body_for(upstream.model.as_deref());
    let vectors = (call.endpoint() == Endpoint::Embeddings).then(|| VectorRequest {
        input: call.request.input(),
        length: call.request.vector_length,
        known: known_dimensions(call, &routing.plan),
    });
    let outgoing = OutgoingRequest {
        endpoint: call.endpoint(),
        stored: call.stored.as_ref(),
        continues: call.continues(),
        stream: call.request.stream,
        has_several_choices: call.request.has_several_choices,
        headers: call.headers.clone(),
        body: &body,
        source: Some(call.request.source()),
        answer_cap: MAX_ANSWER_BYTES,
        truncates_at_cap: false,
        reads_failures: false,
        vectors,
        deadline: call.deadline,
    };
    let attempts = call.balancer.spec().max_attempts;
    let clock = call.shared.clock;
    let walk =
        failover::walk(&call.snapshot, clock, &routing.plan, &outgoing, attempts, false, Some(recorder));
    let answered = walk.await.map_err(|exhausted| to_error(call, &exhausted))?;
    if let Some(route) = routing.plan.routes.get(answered.planned_route) {
        let name = call.balancer.route_names.get(route.route).map(AsRef::as_ref).unwrap_or_default();
        let may_pin = routing.may_pin && answered.planned_route == 0;
        // A call that only prepares another one says nothing about where that one goes.
        if !call.endpoint().is_preparation() {
            remember_route(call, routing, name, may_pin);
        }
        remember_response(call, &answered, name);
    }
    Ok(answered)
}

/// Remembers which instance made a response, and which one has the conversation.
fn remember_response(call: &Call, answered: &Answered, route: &str) {
    if call.endpoint() != Endpoint::Responses {
        return;
    }
    let made = match &answered.answer {
        UpstreamAnswer::Plain(answer) => answer.response_id.as_deref(),
        // The relay remembers it, as soon as the stream tells it.
        UpstreamAnswer::Stream(_) => None,
        UpstreamAnswer::Rejected(_) => return,
    };
    let stored = || stored_response(call, route, &answered.upstream.id);
    let responses = &call.shared.responses;
    if let Some(id) = made {
        responses.remember(id, stored());
    }
    // What is known stays with who made it, also if a forced route led elsewhere.
    for id in call.request.continued_ids.iter().filter(|it| responses.find(it).is_none()) {
        responses.remember(id, stored());
    }
}

/// Remembers the route that answered, if later calls of the conversation will look it up.
fn remember_route(call: &Call, routing: &Routing, route: &str, may_pin: bool) {
    let Some(turn) = routing.keys.turn else { return };
    let (conversations, now_ms) = (&call.shared.conversations, call.shared.clock.now_ms());
    conversations.record_route(turn, route, false, now_ms);
    let is_pinned = call.balancer.spec().classifier.stickiness == Stickiness::PerConversation;
    if let Some(conversation) = routing.keys.conversation.filter(|_| is_pinned || call.session.is_some()) {
        conversations.record_route(conversation, route, may_pin, now_ms);
    }
}

/// The dimensions that any instance of the plan is known to have: answers of one balancer must not mix vector
/// spaces.
fn known_dimensions(call: &Call, plan: &Plan) -> Option<u64> {
    plan.members().filter_map(|it| call.snapshot.upstream(&it.instance_id)?.health.dimensions()).next()
}

/// The error for a call that no instance answered.
fn to_error(call: &Call, exhausted: &Exhausted) -> CallError {
    let has = |outcome| exhausted.failures.iter().any(|(_, it)| *it == outcome);
    match exhausted.verdict {
        Verdict::RateLimited { retry_after_ms } => CallError::rate_limited(retry_after_ms),
        Verdict::ApiNotSupported if call.stored.is_some() => CallError::stored_call_not_supported(),
        Verdict::ApiNotSupported => {
            let spoken = call.snapshot.spoken_apis(&call.balancer, call.shared.clock.now_ms());
            CallError::api_not_supported(&call.balancer.spec().serving_name, call.endpoint().api(), &spoken)
        }
        Verdict::Unavailable { retry_after_ms } => {
            CallError::no_available_destination(retry_after_ms.unwrap_or(DEFAULT_RETRY_AFTER_MS))
        }
        Verdict::Failed if has(Outcome::Status(508)) => CallError::loop_detected(),
        Verdict::Failed if has(Outcome::ResponseNotFound) => CallError::response_not_found(),
        Verdict::Failed => {
            let last = exhausted.last().unwrap_or(&Outcome::Reset);
            CallError::upstream_failed(last, exhausted.retry_after_ms.unwrap_or(DEFAULT_RETRY_AFTER_MS))
        }
    }
}
