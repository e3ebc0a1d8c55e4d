//! Decides which route a call takes, and plans everything that may answer it.
//!
//! Precedence: forced, continued, pinned, cached, then the router model; `ordered` balancers follow their
//! order instead. No destination is called. A dry run changes neither conversations nor cache nor turns.

use std::time::Instant;

use app::{
    domain,
    domain::{
        config::balancer::{RoutingMode, Stickiness},
        routing::{
            call::{CallText, conversation_key, turn_key},
            decision::{Decision, Reason, RouterTrace},
            plan::{self, Choice, Plan},
        },
    },
};
use axum::http::HeaderMap;

use super::{
    classify::{Classification, ClassifyRequest, classify},
    header_names::decision_id,
};
use crate::gateway::{
    SharedState,
    snapshot::{CompiledBalancer, Snapshot},
    state::clock,
};

/// The input of a decision.
pub(crate) struct DecisionInput<'a> {
    pub(crate) snapshot: &'a Snapshot,
    /// The id of the call.
    pub(crate) request_id: &'a str,
    pub(crate) balancer: &'a CompiledBalancer,
    /// The call's text; empty if the balancer doesn't need it.
    pub(crate) text: &'a CallText,
    /// Index of the route that the caller forces.
    pub(crate) forced_route: Option<usize>,
    /// The session that the caller named.
    pub(crate) session: Option<&'a str>,
    /// Id of the API key; conversations are scoped to it.
    pub(crate) caller: &'a str,
    /// Headers of a router call.
    pub(crate) headers: &'a HeaderMap,
    /// The call's own deadline.
    pub(crate) deadline: Option<Instant>,
    pub(crate) mode: DecisionMode,
}

/// The purpose of a decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DecisionMode {
    /// A call: conversations, cache and turns are read and updated.
    Call,
    /// A dry run: they are read and not changed.
    DryRun,
    /// A dry run of an unsaved balancer: there are no conversations or cached decisions to read.
    Draft,
}

/// A decision and the plan that follows from it.
pub(crate) struct Routing {
    pub(crate) decision: Decision,
    pub(crate) plan: Plan,
    /// Key of the conversation that the call belongs to.
    pub(crate) conversation: u64,
    /// Key of the call's turn in that conversation.
    pub(crate) turn: u64,
    /// Whether the route was chosen for the text of this call, so the conversation may be pinned to it.
    pub(crate) may_pin: bool,
}

/// A route and the reason for it.
struct RouteChoice {
    index: usize,
    reason: Reason,
    may_pin: bool,
}

impl RouteChoice {
    fn by_intent(index: usize, reason: Reason) -> Self {
        Self { index, reason, may_pin: true }
    }

    /// A route that was kept from before or fallen back to.
    fn otherwise(index: usize, reason: Reason) -> Self {
        Self { index, reason, may_pin: false }
    }
}

/// Decides and plans. The plan lists every route that may answer, the chosen one first.
pub(crate) async fn decide(shared: &SharedState, input: &DecisionInput<'_>) -> Routing {
    let began = Instant::now();
    let spec = input.balancer.spec();
    let balancer_id = input.balancer.stored.id.as_str();
    let conversation = conversation_key(input.session, input.caller, balancer_id, input.text.opening);
    let turn = turn_key(conversation, input.text.turn);
    let mut router = None;
    let mut may_pin = false;
    let choice = match (input.forced_route, spec.routing_mode) {
        (Some(index), _) => Choice::Route(index, Reason::Forced),
        (None, RoutingMode::Ordered) => Choice::InOrder,
        (None, RoutingMode::IntentClassifier) => {
            let chosen = choose_route(shared, input, conversation, turn, &mut router).await;
            may_pin = chosen.may_pin;
            Choice::Route(chosen.index, chosen.reason)
        }
    };
    let instances = input.snapshot.instances_at(shared.clock.now_ms());
    let request = plan::Request {
        balancer_id,
        balancer: spec,
        pools: &input.balancer.pools,
        choice,
        session: conversation,
        dry: input.mode != DecisionMode::Call,
    };
    let plan = plan::plan(&request, &instances);
    let first = plan.candidates.first();
    let decision = Decision {
        id: decision_id(input.request_id),
        route: first.map(|it| it.route.clone()).unwrap_or_default(),
        reason: first.map_or(Reason::NoMatch, |it| it.reason),
        candidates: plan.candidates.clone(),
        router,
        ms: clock::millis(began.elapsed()),
    };
    Routing { decision, plan, conversation, turn, may_pin }
}

/// The route for the text of a call; never fails, but falls back to the default route.
async fn choose_route(
    shared: &SharedState,
    input: &DecisionInput<'_>,
    conversation: u64,
    turn: u64,
    trace: &mut Option<RouterTrace>,
) -> RouteChoice {
    let stored = &input.balancer.stored;
    let spec = &stored.spec;
    let classifier = &spec.classifier;
    let now_ms = shared.clock.now_ms();
    let default = spec.routes.iter().position(|it| it.is_default).unwrap_or_default();
    let uses_memory = input.mode != DecisionMode::Draft;
    if uses_memory && classifier.stickiness != Stickiness::PerRequest && input.text.ends_in_tool {
        // A client that shortens its history is still recognized by the session that it names.
        let of_session = || shared.conversations.last_route(input.session.map(|_| conversation)?, now_ms);
        let last = shared.conversations.last_route(turn, now_ms).or_else(of_session);
        if let Some(index) = last.and_then(|it| input.balancer.route_index(&it)) {
            return RouteChoice::otherwise(index, Reason::Continued);
        }
    }
    if uses_memory && classifier.stickiness == Stickiness::PerConversation {
        let pinned = shared.conversations.pinned_route(conversation, now_ms);
        if let Some(index) = pinned.and_then(|it| input.balancer.route_index(&it)) {
            return RouteChoice::otherwise(index, Reason::Pinned);
        }
    }
    if input.text.latest().is_none() {
        return RouteChoice::otherwise(default, Reason::UnsupportedInput);
    }
    let Some(router) = &input.balancer.router else {
        return RouteChoice::otherwise(default, Reason::RouterError);
    };
    let messages = domain::routing::classify::messages(spec, input.text);
    let cache_key = shared.decisions.key(stored, &messages);
    if uses_memory && let Some(cached) = shared.decisions.get(cache_key, classifier.cache_ttl_s, now_ms) {
        match cached.map(|it| input.balancer.route_index(&it)) {
            None => return RouteChoice::otherwise(default, Reason::Cached),
            Some(Some(index)) => return RouteChoice::by_intent(index, Reason::Cached),
            Some(None) => {}
        }
    }
    let request = ClassifyRequest {
        snapshot: input.snapshot,
        clock: shared.clock,
        balancer: input.balancer,
        router,
        messages,
        headers: input.headers,
        deadline: input.deadline,
        dry: input.mode != DecisionMode::Call,
    };
    let (classification, router_trace) = classify(request).await;
    *trace = Some(router_trace);
    if input.mode == DecisionMode::Call && classifier.cache_ttl_s > 0 {
        let route = |index: usize| spec.routes.get(index).map(|it| it.name.as_str());
        match classification {
            Classification::Route(index) => shared.decisions.insert(cache_key, route(index), now_ms),
            Classification::NoMatch => shared.decisions.insert(cache_key, None, now_ms),
            Classification::Failed(_) => {}
        }
    }
    match classification {
        Classification::Route(index) => RouteChoice::by_intent(index, Reason::Matched),
        Classification::NoMatch => RouteChoice::otherwise(default, Reason::NoMatch),
        Classification::Failed(reason) => RouteChoice::otherwise(default, reason),
    }
}
