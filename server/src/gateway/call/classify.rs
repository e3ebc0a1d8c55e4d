//! Router calls: ask the router model which route a text belongs to. The model may be slow, wrong or down;
//! the call that waits for it goes on in any case, at the latest when the budget is spent.
//!
//! A router call takes the same plan, walk and attempts as any other upstream call. It has a concurrency
//! limit and a breaker of its own, so a router in trouble delays no other calls. How an instance is asked is
//! up to [`question`]; what becomes of a call that outlasts its budget, to [`warming`].

pub(crate) mod check;
mod decision_model;
mod exchange;
mod question;
mod warming;

use std::{pin::pin, time::Duration};

use app::domain::{
    api::Endpoint,
    confidence::Confidence,
    config::instance::WorkloadKind,
    ids::InstanceId,
    routing::{
        classify::{self, Labels},
        decision::{MemberState, Reason, RouterMessage, RouterTrace},
        decision_model::DecisionQuestion,
        plan::{self, InstanceStatus, LiveState, RouteOrder, Verdict},
        select::SelectionInput,
    },
};
use axum::http::HeaderMap;
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;

use self::{
    decision_model::{DecisionCall, DecisionReply},
    exchange::ExchangeSlot,
    question::{RouterQuestion, RouterReply},
    warming::keep_warming,
};
use super::{
    attempt::UpstreamAnswer,
    failover::{self, Exhausted, PlannedRequest, outcome_of},
};
use crate::gateway::{
    snapshot::{CompiledBalancer, LiveInstances, RouterModel, Snapshot},
    state::clock::{self, Clock},
};

/// Instances that one question is put to, within the budget.
const MAX_ATTEMPTS: u64 = 3;

/// The router model's verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Classification {
    /// The route at this index, and how sure the model was, if that is known.
    Route(usize, Option<Confidence>),
    /// None of the routes, and how sure the model was.
    NoMatch(Option<Confidence>),
    /// No usable verdict, and why.
    Failed(Reason),
}

/// A question to the router model.
pub(crate) struct ClassifyRequest<'a> {
    pub(crate) snapshot: &'a Snapshot,
    pub(crate) clock: Clock,
    pub(crate) balancer: &'a CompiledBalancer,
    pub(crate) router: &'a RouterModel,
    /// The messages of `domain::routing::classify::messages`.
    pub(crate) messages: Vec<RouterMessage>,
    /// Headers of the upstream call.
    pub(crate) headers: &'a HeaderMap,
    /// The call's own deadline.
    pub(crate) deadline: Option<Instant>,
    /// Ends what outlives a call.
    pub(crate) drain: &'a CancellationToken,
    /// A dry run changes neither health nor breaker, takes no turn and warms nothing.
    pub(crate) dry: bool,
}

/// Asks the router model. The trace holds the messages, the last text received, what it says of probabilities, and the time
/// taken.
pub(crate) async fn classify(request: ClassifyRequest<'_>) -> (Classification, RouterTrace) {
    let began = Instant::now();
    let mut trace = RouterTrace::default();
    let classification = classify_within_budget(&request, began, &mut trace).await;
    if trace.messages.is_empty() {
        trace.messages = request.messages;
    }
    (classification, RouterTrace { ms: clock::millis(began.elapsed()), ..trace })
}

async fn classify_within_budget(
    request: &ClassifyRequest<'_>,
    began: Instant,
    trace: &mut RouterTrace,
) -> Classification {
    // Asked first, so that no probe of the breaker is spent on an instance that is being warmed.
    if is_warming(request) {
        return Classification::Failed(Reason::RouterOpen);
    }
    let limits = &request.router.limits;
    let breaker = &limits.breaker;
    let is_allowed = if request.dry { !breaker.is_open() } else { breaker.allows(request.clock.now_ms()) };
    if !is_allowed {
        return Classification::Failed(Reason::RouterOpen);
    }
    let report = BreakerReport { request, is_sent: request.dry };
    let budget = Duration::from_millis(request.balancer.spec().classifier.budget_ms);
    let budget_ends = began + budget;
    let until = request.deadline.map_or(budget_ends, |it| it.min(budget_ends));
    let slot = ExchangeSlot::default();
    let asking = pin!(ask(request, &slot, trace));
    match timeout_at(until, asking).await {
        Ok(Ok(classification)) => {
            report.send(true);
            classification
        }
        Ok(Err(reason)) => {
            if reason != Reason::RouterOpen {
                report.send(false);
            }
            Classification::Failed(reason)
        }
        // If the call ends before the budget does, that says nothing about the router.
        Err(_) if until < budget_ends => Classification::Failed(Reason::RouterTimeout),
        Err(_) => {
            let exchange = slot.take().filter(|_| !request.dry);
            // What runs on reports to the breaker itself.
            if !exchange.is_some_and(|it| keep_warming(it, limits, request.clock, request.drain)) {
                report.send(false);
            }
            Classification::Failed(Reason::RouterTimeout)
        }
    }
}

/// Whether every instance that could be asked is being warmed.
fn is_warming(request: &ClassifyRequest<'_>) -> bool {
    let [pool] = &request.router.pools;
    let mut members = pool.members.iter().filter(|it| it.enabled && it.weight > 0).peekable();
    let is_warming = |id: &InstanceId| request.snapshot.upstream(id).is_some_and(|it| it.health.is_warming());
    members.peek().is_some() && members.all(|it| is_warming(&it.instance_id))
}

/// Reports the result of a router call to the breaker once; if dropped before, the result is unknown.
struct BreakerReport<'a> {
    request: &'a ClassifyRequest<'a>,
    is_sent: bool,
}

impl BreakerReport<'_> {
    fn send(mut self, succeeded: bool) {
        if !std::mem::replace(&mut self.is_sent, true) {
            let breaker = &self.request.router.limits.breaker;
            if succeeded {
                breaker.record_success()
            } else {
                breaker.record_failure(self.request.clock.now_ms())
            }
        }
    }
}

impl Drop for BreakerReport<'_> {
    fn drop(&mut self) {
        if !self.is_sent {
            self.request.router.limits.breaker.record_unknown(self.request.clock.now_ms());
        }
    }
}

/// Asks in the way of the router model's kind. An unusable answer is still an answer: the server isn't down, so it counts
/// neither for the breaker nor for the instance's health.
async fn ask(
    request: &ClassifyRequest<'_>,
    slot: &ExchangeSlot,
    trace: &mut RouterTrace,
) -> Result<Classification, Reason> {
    let Ok(_permit) = request.router.limits.permits.acquire().await else { return Err(Reason::RouterError) };
    let labels = Labels::of(request.balancer.spec());
    let began_ms = request.clock.now_ms();
    match request.router.kind {
        WorkloadKind::Decision => ask_decision_model(request, &labels, began_ms, slot, trace).await,
        _ => ask_chat_model(request, &labels, began_ms, slot, trace).await,
    }
}

/// Asks, and once more if the answer isn't a label.
async fn ask_chat_model(
    request: &ClassifyRequest<'_>,
    labels: &Labels,
    began_ms: u64,
    slot: &ExchangeSlot,
    trace: &mut RouterTrace,
) -> Result<Classification, Reason> {
    let mut retry_messages: Option<Vec<RouterMessage>> = None;
    for may_ask_again in [true, false] {
        let messages = retry_messages.as_deref().unwrap_or(&request.messages);
        let question = RouterQuestion::new(messages, labels, request.headers, request.clock, began_ms, slot);
        put_to_instances(request, Endpoint::ChatCompletions, &question).await?;
        let (text, meaning) = match question.into_reply().ok_or(Reason::RouterError)? {
            RouterReply::Text(text, meaning) => (text, meaning),
            RouterReply::NoAnswer => break,
        };
        let text = trace.answer.insert(text);
        match meaning {
            classify::Answer::Route(index) => return Ok(Classification::Route(index, None)),
            classify::Answer::None => return Ok(Classification::NoMatch(None)),
            classify::Answer::Invalid if may_ask_again => {
                retry_messages = Some(classify::retry_messages(&request.messages, text, labels));
            }
            classify::Answer::Invalid => {}
        }
    }
    Ok(Classification::Failed(Reason::InvalidAnswer))
}

/// Asks once.
async fn ask_decision_model(
    request: &ClassifyRequest<'_>,
    labels: &Labels,
    began_ms: u64,
    slot: &ExchangeSlot,
    trace: &mut RouterTrace,
) -> Result<Classification, Reason> {
    let question = DecisionQuestion::of(request.balancer.spec(), &request.messages);
    trace.messages = question.messages();
    let call = DecisionCall::new(&question, labels, request.headers, began_ms, slot);
    // Both forms share the turns of the members.
    put_to_instances(request, Endpoint::SystemOne, &call).await?;
    let DecisionReply::Answered(answer) = call.into_reply().ok_or(Reason::RouterError)? else {
        return Ok(Classification::Failed(Reason::InvalidAnswer));
    };
    trace.answer = Some(answer.text);
    trace.probabilities = answer.probabilities;
    Ok(match answer.choice {
        classify::Answer::Route(index) => Classification::Route(index, answer.confidence),
        classify::Answer::None => Classification::NoMatch(answer.confidence),
        classify::Answer::Invalid => Classification::Failed(Reason::InvalidAnswer),
    })
}

/// Puts one question to the instances of the router model in their order, until one of them replies.
async fn put_to_instances(
    request: &ClassifyRequest<'_>,
    endpoint: Endpoint,
    question: &impl PlannedRequest,
) -> Result<(), Reason> {
    let instances = RouterInstances {
        snapshot: request.snapshot,
        live: request.snapshot.instances_at(endpoint, request.clock.now_ms()),
    };
    let plan_request = plan::PlanRequest {
        balancer_id: "",
        balancer: &request.router.spec,
        pools: &request.router.pools,
        order: RouteOrder::Chosen(0, Reason::Matched),
        only: None,
        session: 0,
        dry: request.dry,
    };
    let plan = plan::plan(&plan_request, &instances);
    let walk =
        failover::walk(request.snapshot, request.clock, &plan, question, MAX_ATTEMPTS, request.dry, None);
    let answered = match walk.await {
        Ok(answered) => answered,
        Err(exhausted) => return Err(failure_reason(request, &exhausted)),
    };
    if matches!(answered.answer, UpstreamAnswer::Plain(_)) {
        answered.upstream.health.record_router_latency(answered.guard.began.elapsed());
    }
    answered.guard.finish(&outcome_of(&Ok(answered.answer)).0);
    Ok(())
}

fn failure_reason(request: &ClassifyRequest<'_>, exhausted: &Exhausted) -> Reason {
    match exhausted.last() {
        Some(outcome) if exhausted.verdict == Verdict::Failed && outcome.is_timeout() => {
            Reason::RouterTimeout
        }
        None if is_warming(request) => Reason::RouterOpen,
        _ => Reason::RouterError,
    }
}

/// The instances as router calls see them: one that is being warmed takes no further call.
struct RouterInstances<'a> {
    snapshot: &'a Snapshot,
    live: LiveInstances<'a>,
}

impl LiveState for RouterInstances<'_> {
    fn status(&self, instance: &InstanceId) -> InstanceStatus {
        let status = self.live.status(instance);
        let is_warming = self.snapshot.upstream(instance).is_some_and(|it| it.health.is_warming());
        if is_warming { InstanceStatus { state: MemberState::Full, ..status } } else { status }
    }

    fn next_input(&self, pool_id: &str) -> SelectionInput {
        self.live.next_input(pool_id)
    }

    fn peek_input(&self, pool_id: &str) -> SelectionInput {
        self.live.peek_input(pool_id)
    }
}
