//! Decides which route a call takes, and plans everything that may answer it.
//!
//! Precedence: forced, continued, pinned, cached, then the router model; `ordered` balancers follow their
//! order instead. No destination is called. A dry run changes neither conversations nor cache nor turns.

use std::sync::Arc;

use app::{
    domain,
    domain::{
        api::Endpoint,
        confidence::Confidence,
        config::balancer::{RoutingMode, Stickiness},
        ids::RequestId,
        routing::{
            call::{CallText, conversation_key, turn_key},
            decision::{Decision, Excerpt, Reason, RouterTrace},
            plan::{self, Plan, RouteOrder},
        },
    },
};
use axum::http::HeaderMap;
use tokio::time::Instant;

use super::{
    admit::PinnedInstance,
    classify::{Classification, ClassifyRequest, classify},
    record::RouterVerdict,
};
use crate::gateway::{
    SharedState,
    snapshot::{CompiledBalancer, Snapshot},
    state::{clock, decision_cache::CachedVerdict},
};

/// The input of a decision.
pub(crate) struct DecisionInput<'a> {
    pub(crate) snapshot: &'a Snapshot,
    pub(crate) balancer: &'a CompiledBalancer,
    /// The call's text; empty if the balancer doesn't need it.
    pub(crate) text: &'a CallText,
    /// The path that is called.
    pub(crate) endpoint: Endpoint,
    /// The instance that must answer, because the call continues what it made.
    pub(crate) pinned: Option<&'a PinnedInstance>,
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
    pub(crate) plan: Arc<Plan>,
    /// The exchange with the router model; absent if it was not asked.
    pub(crate) router: Option<RouterTrace>,
    /// What the router model sees of the text; absent if the text did not matter.
    pub(crate) excerpt: Option<Excerpt>,
    /// The router model's verdict, of now or cached.
    pub(crate) verdict: Option<RouterVerdict>,
    /// Duration of the decision, in milliseconds.
    pub(crate) ms: f64,
    pub(crate) keys: ConversationKeys,
    /// Whether the route was chosen for the text of this call, so the conversation may be pinned to it.
    pub(crate) may_pin: bool,
}

impl Routing {
    /// The decision of a call, as the playground and dry runs show it.
    pub(crate) fn decision(&self, balancer: &CompiledBalancer, call: &RequestId) -> Decision {
        let candidates = self.plan.candidates(balancer.spec(), &balancer.pools);
        Decision {
            id: call.decision_id(),
            route: candidates.first().map(|it| it.route.clone()).unwrap_or_default(),
            reason: self.plan.reason(),
            candidates,
            router: self.router.clone(),
            excerpt: self.excerpt,
            chosen: self.verdict.as_ref().map(|it| it.chosen.to_string()),
            confidence: self.verdict.as_ref().and_then(|it| it.confidence),
            ms: self.ms,
        }
    }
}

/// What the calls of a conversation are recognized by. Each key is made only if the balancer asks for it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct ConversationKeys {
    /// Key of the conversation that the call belongs to.
    pub(crate) conversation: Option<u64>,
    /// Key of the call's turn in that conversation.
    pub(crate) turn: Option<u64>,
}

impl ConversationKeys {
    fn of(input: &DecisionInput<'_>) -> Self {
        let balancer = input.balancer;
        if !balancer.needs_conversation {
            return Self::default();
        }
        let id = balancer.stored.id.as_str();
        let conversation = conversation_key(input.session, input.caller, id, input.text.opening);
        let turn = balancer.remembers_turns.then(|| turn_key(conversation, input.text.turn));
        Self { conversation: Some(conversation), turn }
    }
}

/// A route and the reason for it.
struct RouteChoice {
    index: usize,
    reason: Reason,
    may_pin: bool,
    /// The router model's verdict, of now or cached.
    verdict: Option<RouterVerdict>,
}

impl RouteChoice {
    /// A route that was kept from before or fallen back to.
    fn otherwise(index: usize, reason: Reason) -> Self {
        Self { index, reason, may_pin: false, verdict: None }
    }

    /// The route that the router model chose, now or before; the default if it is not sure enough or chose none.
    fn by_verdict(
        balancer: &CompiledBalancer,
        default: usize,
        route: Option<usize>,
        confidence: Option<Confidence>,
        is_cached: bool,
    ) -> Self {
        let minimum = balancer.spec().classifier.min_confidence;
        let is_sure = confidence.is_none_or(|it| it >= minimum);
        let chosen = route.and_then(|it| balancer.route_names.get(it)).unwrap_or(&balancer.none_label);
        let (index, reason) = match route {
            Some(index) if is_sure => (index, Reason::Matched),
            Some(_) => (default, Reason::LowConfidence),
            None => (default, Reason::NoMatch),
        };
        Self {
            index,
            reason: if is_cached { Reason::Cached } else { reason },
            may_pin: reason == Reason::Matched,
            verdict: Some(RouterVerdict { chosen: Arc::clone(chosen), confidence }),
        }
    }
}

/// Decides and plans. The plan lists every route that may answer, the chosen one first.
pub(crate) async fn decide(shared: &SharedState, input: &DecisionInput<'_>) -> Routing {
    let began = Instant::now();
    let spec = input.balancer.spec();
    let balancer_id = input.balancer.stored.id.as_str();
    let keys = ConversationKeys::of(input);
    let (mut router, mut excerpt) = (None, None);
    let (mut may_pin, mut verdict) = (false, None);
    let order = match (input.forced_route, input.pinned, spec.routing_mode) {
        (Some(index), ..) => RouteOrder::Chosen(index, Reason::Forced),
        (None, Some(pinned), _) => RouteOrder::Chosen(pinned.route, Reason::Pinned),
        (None, None, RoutingMode::Ordered) => RouteOrder::Ordered,
        (None, None, RoutingMode::IntentClassifier) => {
            let chosen = choose_route(shared, input, keys, &mut router, &mut excerpt).await;
            (may_pin, verdict) = (chosen.may_pin, chosen.verdict);
            RouteOrder::Chosen(chosen.index, chosen.reason)
        }
    };
    let instances = input.snapshot.instances_at(input.endpoint, shared.clock.now_ms());
    let request = plan::PlanRequest {
        balancer_id,
        balancer: spec,
        pools: &input.balancer.pools,
        order,
        only: input.pinned.filter(|_| input.forced_route.is_none()).map(|it| &it.instance_id),
        session: keys.conversation.unwrap_or_default(),
        dry: input.mode != DecisionMode::Call || input.endpoint.is_preparation(),
    };
    let plan = Arc::new(plan::plan(&request, &instances));
    Routing { plan, router, excerpt, verdict, ms: clock::millis(began.elapsed()), keys, may_pin }
}

/// The route for the text of a call; never fails, but falls back to the default route.
async fn choose_route(
    shared: &SharedState,
    input: &DecisionInput<'_>,
    keys: ConversationKeys,
    trace: &mut Option<RouterTrace>,
    excerpt: &mut Option<Excerpt>,
) -> RouteChoice {
    let stored = &input.balancer.stored;
    let spec = &stored.spec;
    let classifier = &spec.classifier;
    let now_ms = shared.clock.now_ms();
    let default = spec.routes.iter().position(|it| it.is_default).unwrap_or_default();
    let uses_memory = input.mode != DecisionMode::Draft;
    if uses_memory
        && input.text.ends_in_tool
        && let Some(turn) = keys.turn
    {
        // A client that shortens its history is still recognized by the session that it names.
        let session = keys.conversation.filter(|_| input.session.is_some());
        let of_session = || shared.conversations.last_route(session?, now_ms);
        let last = shared.conversations.last_route(turn, now_ms).or_else(of_session);
        if let Some(index) = last.and_then(|it| input.balancer.route_index(&it)) {
            return RouteChoice::otherwise(index, Reason::Continued);
        }
    }
    if uses_memory
        && classifier.stickiness == Stickiness::PerConversation
        && let Some(conversation) = keys.conversation
    {
        let pinned = shared.conversations.pinned_route(conversation, now_ms);
        if let Some(index) = pinned.and_then(|it| input.balancer.route_index(&it)) {
            return RouteChoice::otherwise(index, Reason::Pinned);
        }
    }
    if input.text.latest().is_none() {
        let is_preparation = input.endpoint.is_preparation();
        let reason = if is_preparation { Reason::NotClassified } else { Reason::UnsupportedInput };
        return RouteChoice::otherwise(default, reason);
    }
    let Some(router) = &input.balancer.router else {
        return RouteChoice::otherwise(default, Reason::RouterError);
    };
    let (messages, seen) = domain::routing::classify::messages_with_excerpt(spec, input.text);
    let members = router.pools[0].members.iter().filter(|it| it.enabled && it.weight > 0);
    let asked =
        members.filter_map(|it| input.snapshot.upstream(&it.instance_id)).map(|it| it.router_identity());
    let cache_key = shared.decisions.key(stored, asked, &messages);
    if uses_memory && let Some(cached) = shared.decisions.get(cache_key, classifier.cache_ttl_s, now_ms) {
        *excerpt = Some(seen);
        let route = cached.route.as_ref().map(|it| input.balancer.route_index(it));
        if route != Some(None) {
            let confidence = cached.confidence;
            return RouteChoice::by_verdict(input.balancer, default, route.flatten(), confidence, true);
        }
    }
    if input.endpoint.is_preparation() {
        return RouteChoice::otherwise(default, Reason::NotClassified);
    }
    *excerpt = Some(seen);
    let request = ClassifyRequest {
        snapshot: input.snapshot,
        clock: shared.clock,
        balancer: input.balancer,
        router,
        messages,
        headers: input.headers,
        deadline: input.deadline,
        drain: &shared.drain,
        dry: input.mode != DecisionMode::Call,
    };
    let (classification, router_trace) = classify(request).await;
    *trace = Some(router_trace);
    let (route, confidence) = match classification {
        Classification::Route(index, confidence) => (Some(index), confidence),
        Classification::NoMatch(confidence) => (None, confidence),
        Classification::Failed(reason) => return RouteChoice::otherwise(default, reason),
    };
    if input.mode == DecisionMode::Call && classifier.cache_ttl_s > 0 {
        let route = route.and_then(|it| input.balancer.route_names.get(it)).cloned();
        shared.decisions.insert(cache_key, CachedVerdict { route, confidence }, now_ms);
    }
    RouteChoice::by_verdict(input.balancer, default, route, confidence, false)
}

#[cfg(test)]
mod tests {
    use app::domain::{
        config::{
            balancer::{Balancer, Classifier},
            target_group::SelectionPolicy,
        },
        routing::plan::Pool,
    };

    use super::*;

    /// Whether a balancer makes a key for a conversation, and one for a turn.
    fn keys(mode: RoutingMode, stickiness: Stickiness, policy: SelectionPolicy) -> (bool, bool) {
        let classifier = Classifier { stickiness, ..Classifier::default() };
        let spec = Balancer { routing_mode: mode, classifier, ..Balancer::default() };
        let snapshot = Snapshot::default();
        let mut balancer = snapshot.compile_draft(&spec);
        if policy == SelectionPolicy::SessionHash {
            balancer.pools = vec![Arc::new(Pool { id: "tg_a".to_owned(), policy, members: Vec::new() })];
            balancer.needs_conversation = true;
        }
        let input = DecisionInput {
            snapshot: &snapshot,
            balancer: &balancer,
            text: &CallText::of("hi"),
            endpoint: Endpoint::ChatCompletions,
            pinned: None,
            forced_route: None,
            session: Some("a"),
            caller: "key_a",
            headers: &HeaderMap::new(),
            deadline: None,
            mode: DecisionMode::Call,
        };
        let keys = ConversationKeys::of(&input);
        (keys.conversation.is_some(), keys.turn.is_some())
    }

    #[test]
    fn keys_are_made_only_for_who_asks_for_them() {
        use RoutingMode::{IntentClassifier, Ordered};
        use SelectionPolicy::{Priority, SessionHash};
        use Stickiness::{PerConversation, PerRequest, PerUserTurn};
        for stickiness in [PerRequest, PerUserTurn, PerConversation] {
            assert_eq!(keys(Ordered, stickiness, Priority), (false, false), "{stickiness:?}");
            assert_eq!(keys(Ordered, stickiness, SessionHash), (true, false), "{stickiness:?}");
        }
        assert_eq!(keys(IntentClassifier, PerRequest, Priority), (false, false));
        assert_eq!(keys(IntentClassifier, PerRequest, SessionHash), (true, false));
        assert_eq!(keys(IntentClassifier, PerUserTurn, Priority), (true, true));
        assert_eq!(keys(IntentClassifier, PerConversation, SessionHash), (true, true));
    }
}
