//! Decides which route a call takes, and makes the plan of everything that may answer it.
//!
//! The order of ways is fixed: forced, continued, pinned, cached, then the router model; `ordered` balancers have
//! their order instead. It calls no destination. A dry run changes neither conversations nor cache nor turns.

use std::time::Instant;

use app::domain::{
    balancer::{Balancer, RoutingMode, Stickiness},
    call::{CallText, conversation_key, turn_key},
    classify,
    decision::{Decision, Reason, RouterTrace},
    plan::{self, Choice, Plan},
};
use axum::http::HeaderMap;

use super::{
    classify::{self as router_call, Classification, ClassifyRequest},
    header_names::decision_id,
};
use crate::gateway::{
    Engine,
    snapshot::{Served, Snapshot},
    state::clock,
};

/// What a decision is about.
pub(crate) struct DecisionInput<'a> {
    pub(crate) snapshot: &'a Snapshot,
    /// The id of the call.
    pub(crate) request_id: &'a str,
    pub(crate) served: &'a Served,
    /// What the call says; empty where nobody looks.
    pub(crate) text: &'a CallText,
    /// The place of the route that the caller named.
    pub(crate) forced: Option<usize>,
    /// The session that the caller named.
    pub(crate) session: Option<&'a str>,
    /// Whose conversations they are: the id of the API key.
    pub(crate) caller: &'a str,
    /// The headers of a router call.
    pub(crate) headers: &'a HeaderMap,
    /// When the call's own time is over.
    pub(crate) deadline: Option<Instant>,
    pub(crate) kind: Kind,
}

/// What a decision is made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A call.
    Call,
    /// To be looked at; memory is read and not changed.
    DryRun,
    /// To be looked at, about a balancer that is not saved: there is no memory of it.
    Draft,
}

/// A decision and the plan that follows from it.
pub(crate) struct Decided {
    pub(crate) decision: Decision,
    pub(crate) plan: Plan,
    /// The conversation that the call belongs to.
    pub(crate) conversation: u64,
    /// The turn of the conversation that the call belongs to.
    pub(crate) turn: u64,
    /// Whether the route was chosen for what was said, so that a conversation may be bound to it.
    pub(crate) chosen: bool,
}

/// A route for what was said.
struct RouteChoice {
    at: usize,
    reason: Reason,
    chosen: bool,
}

impl RouteChoice {
    fn chosen(at: usize, reason: Reason) -> Self {
        Self { at, reason, chosen: true }
    }

    /// Not for what was said now: kept from before, or fallen back to.
    fn other(at: usize, reason: Reason) -> Self {
        Self { at, reason, chosen: false }
    }
}

/// Decides.
pub(crate) async fn decide(engine: &Engine, input: &DecisionInput<'_>) -> Decided {
    let began = Instant::now();
    let balancer = &input.served.stored.spec;
    let balancer_id = input.served.stored.id.as_str();
    let conversation = conversation_key(input.session, input.caller, balancer_id, input.text.opening);
    let turn = turn_key(conversation, input.text.turn);
    let mut router = None;
    let mut chosen = false;
    let choice = match (input.forced, balancer.routing_mode) {
        (Some(at), _) => Choice::Route(at, Reason::Forced),
        (None, RoutingMode::Ordered) => Choice::InOrder,
        (None, RoutingMode::IntentClassifier) => {
            let picked = classify(engine, input, conversation, turn, &mut router).await;
            chosen = picked.chosen;
            Choice::Route(picked.at, picked.reason)
        }
    };
    let board = input.snapshot.board(engine.clock.now_ms());
    let request = plan::Request {
        balancer_id,
        balancer,
        pools: &input.served.pools,
        choice,
        session: conversation,
        dry: input.kind != Kind::Call,
    };
    let plan = plan::plan(&request, &board);
    let first = plan.candidates.first();
    let decision = Decision {
        id: decision_id(input.request_id),
        route: first.map(|it| it.route.clone()).unwrap_or_default(),
        reason: first.map_or(Reason::NoMatch, |it| it.reason),
        candidates: plan.candidates.clone(),
        router,
        ms: clock::ms(began.elapsed()),
    };
    Decided { decision, plan, conversation, turn, chosen }
}

/// The route for what was said, and why.
async fn classify(
    engine: &Engine,
    input: &DecisionInput<'_>,
    conversation: u64,
    turn: u64,
    trace: &mut Option<RouterTrace>,
) -> RouteChoice {
    let stored = &input.served.stored;
    let balancer = &stored.spec;
    let classifier = &balancer.classifier;
    let now_ms = engine.clock.now_ms();
    let default = balancer.routes.iter().position(|it| it.is_default).unwrap_or_default();
    let remembers = input.kind != Kind::Draft;
    if remembers && classifier.stickiness != Stickiness::PerRequest && input.text.ends_in_tool {
        // A client that shortens its history is still known by the session that it names.
        let of_session = || engine.conversations.last(input.session.map(|_| conversation)?, now_ms);
        let last = engine.conversations.last(turn, now_ms).or_else(of_session);
        if let Some(at) = last.and_then(|it| enabled(balancer, &it)) {
            return RouteChoice::other(at, Reason::Continued);
        }
    }
    if remembers && classifier.stickiness == Stickiness::PerConversation {
        let pinned = engine.conversations.pinned(conversation, now_ms);
        if let Some(at) = pinned.and_then(|it| enabled(balancer, &it)) {
            return RouteChoice::other(at, Reason::Pinned);
        }
    }
    if input.text.latest().is_none() {
        return RouteChoice::other(default, Reason::UnsupportedInput);
    }
    let Some(router) = &input.served.router else { return RouteChoice::other(default, Reason::RouterError) };
    let messages = classify::messages(balancer, input.text);
    let cache_key = engine.decisions.key(stored, &messages);
    if remembers && let Some(said) = engine.decisions.get(cache_key, classifier.cache_ttl_s, now_ms) {
        match said.map(|it| enabled(balancer, &it)) {
            None => return RouteChoice::other(default, Reason::Cached),
            Some(Some(at)) => return RouteChoice::chosen(at, Reason::Cached),
            Some(None) => {}
        }
    }
    let inquiry = ClassifyRequest {
        snapshot: input.snapshot,
        clock: engine.clock,
        served: input.served,
        router,
        messages,
        headers: input.headers,
        deadline: input.deadline,
        dry: input.kind != Kind::Call,
    };
    let (said, asked) = router_call::ask(inquiry).await;
    *trace = Some(asked);
    if input.kind == Kind::Call && classifier.cache_ttl_s > 0 {
        let route = |at: usize| balancer.routes.get(at).map(|it| it.name.as_str());
        match said {
            Classification::Route(at) => engine.decisions.put(cache_key, route(at), now_ms),
            Classification::None => engine.decisions.put(cache_key, None, now_ms),
            Classification::Nothing(_) => {}
        }
    }
    match said {
        Classification::Route(at) => RouteChoice::chosen(at, Reason::Matched),
        Classification::None => RouteChoice::other(default, Reason::NoMatch),
        Classification::Nothing(reason) => RouteChoice::other(default, reason),
    }
}

/// The place of an enabled route of that name.
fn enabled(balancer: &Balancer, name: &str) -> Option<usize> {
    balancer.routes.iter().position(|it| it.enabled && it.name == name)
}
