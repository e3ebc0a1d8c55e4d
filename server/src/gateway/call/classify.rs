//! Router calls: ask the router model which route a text belongs to. The model may be slow, wrong or down;
//! the call that waits for it goes on in any case, at the latest when the budget is spent.
//!
//! A router call takes the same plan, walk and attempts as any other upstream call. It has a concurrency
//! limit and a breaker of its own, so a router in trouble delays no other calls.

use std::time::{Duration, Instant};

use app::domain::{
    api::Endpoint,
    ids::InstanceId,
    routing::{
        classify::{self, Labels},
        decision::{Reason, RouterMessage, RouterTrace},
        outcome::Outcome,
        plan::{self, RouteOrder, Verdict},
    },
};
use axum::http::HeaderMap;
use bytes::Bytes;
use tokio::time::timeout_at;

use super::{
    attempt::{OutgoingRequest, UpstreamAnswer},
    failover::{self, Exhausted},
};
use crate::gateway::{
    snapshot::{CompiledBalancer, RouterModel, Snapshot},
    state::clock::{self, Clock},
    upstream::Upstream,
};

/// Attempts of one question, within the budget.
const MAX_ATTEMPTS: u64 = 3;
/// Largest completion that is read, in bytes. The text in it has a limit of its own.
const MAX_COMPLETION_BYTES: usize = 256 * 1024;

/// The router model's verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Classification {
    /// The route at this index.
    Route(usize),
    /// None of the routes.
    NoMatch,
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
    /// A dry run changes neither health nor breaker and takes no turn.
    pub(crate) dry: bool,
}

/// Asks the router model. The trace holds the messages, the last text received and the time taken.
pub(crate) async fn classify(request: ClassifyRequest<'_>) -> (Classification, RouterTrace) {
    let began = Instant::now();
    let mut answer = None;
    let classification = classify_within_budget(&request, began, &mut answer).await;
    (classification, RouterTrace { messages: request.messages, answer, ms: clock::millis(began.elapsed()) })
}

async fn classify_within_budget(
    request: &ClassifyRequest<'_>,
    began: Instant,
    answer: &mut Option<String>,
) -> Classification {
    let breaker = &request.router.limits.breaker;
    let is_allowed = if request.dry { !breaker.is_open() } else { breaker.allows(request.clock.now_ms()) };
    if !is_allowed {
        return Classification::Failed(Reason::RouterOpen);
    }
    let report = BreakerReport { request, is_sent: request.dry };
    let budget = Duration::from_millis(request.balancer.spec().classifier.budget_ms);
    let budget_ends = began + budget;
    let until = request.deadline.map_or(budget_ends, |it| it.min(budget_ends));
    match timeout_at(until.into(), ask(request, answer)).await {
        Ok(Ok(classification)) => {
            report.send(true);
            classification
        }
        Ok(Err(reason)) => {
            report.send(false);
            Classification::Failed(reason)
        }
        // If the call ends before the budget does, that says nothing about the router.
        Err(_) if until < budget_ends => Classification::Failed(Reason::RouterTimeout),
        Err(_) => {
            report.send(false);
            Classification::Failed(Reason::RouterTimeout)
        }
    }
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

/// A reply to one question.
enum RouterReply {
    /// The text of the answer; empty if it has none.
    Text(String),
    /// The request was rejected, or the answer is too large. Asking again would yield the same.
    Unusable,
}

/// Asks, and once more if the answer isn't a label. An unusable answer is still an answer: the server isn't
/// down, so it counts neither for the breaker nor for the instance's health.
async fn ask(request: &ClassifyRequest<'_>, answer: &mut Option<String>) -> Result<Classification, Reason> {
    let Ok(_permit) = request.router.limits.permits.acquire().await else { return Err(Reason::RouterError) };
    let labels = Labels::of(request.balancer.spec());
    let mut retry_messages: Option<Vec<RouterMessage>> = None;
    for may_ask_again in [true, false] {
        let messages = retry_messages.as_deref().unwrap_or(&request.messages);
        let text = match ask_once(request, messages, &labels).await {
            Ok(RouterReply::Text(text)) => text,
            Ok(RouterReply::Unusable) => return Ok(Classification::Failed(Reason::InvalidAnswer)),
            Err(Some(outcome)) if outcome.is_timeout() => return Err(Reason::RouterTimeout),
            Err(_) => return Err(Reason::RouterError),
        };
        let parsed = classify::parse(&text, &labels);
        let text = answer.insert(text);
        match parsed {
            classify::Answer::Route(index) => return Ok(Classification::Route(index)),
            classify::Answer::None => return Ok(Classification::NoMatch),
            classify::Answer::Invalid if may_ask_again => {
                retry_messages = Some(classify::retry_messages(&request.messages, text, &labels));
            }
            classify::Answer::Invalid => {}
        }
    }
    Ok(Classification::Failed(Reason::InvalidAnswer))
}

/// Asks one question, constrained to the labels by a JSON schema unless the instance is known to reject
/// schemas.
async fn ask_once(
    request: &ClassifyRequest<'_>,
    messages: &[RouterMessage],
    labels: &Labels,
) -> Result<RouterReply, Option<Outcome>> {
    // Each member may reject the schema once and is then asked without it.
    let mut refused: Vec<InstanceId> = Vec::new();
    for _ in 0..=request.router.pools[0].members.len() {
        let with_schema = |upstream: &Upstream| {
            !upstream.health.refuses_schema(request.clock.now_ms()) && !refused.contains(&upstream.id)
        };
        let body = |upstream: &Upstream| {
            let schema = with_schema(upstream);
            vec![Bytes::from(classify::request_body(
                upstream.model.as_deref().unwrap_or_default(),
                messages,
                labels,
                schema,
            ))]
        };
        let outgoing = OutgoingRequest {
            endpoint: Endpoint::ChatCompletions,
            stored: None,
            continues: false,
            stream: false,
            has_several_choices: false,
            headers: request.headers.clone(),
            body: &body,
            source: None,
            answer_cap: MAX_COMPLETION_BYTES,
            truncates_at_cap: true,
            vectors: None,
            // The budget ends the whole exchange from outside and blames no instance.
            deadline: None,
        };
        let instances = request.snapshot.instances_at(Endpoint::ChatCompletions, request.clock.now_ms());
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
        let walk = failover::walk(
            request.snapshot,
            request.clock,
            &plan,
            &outgoing,
            MAX_ATTEMPTS,
            request.dry,
            None,
        );
        let answered = walk.await.map_err(|exhausted| last_outcome(&exhausted))?;
        let had_schema = with_schema(&answered.upstream);
        match answered.answer {
            UpstreamAnswer::Plain(answer) => {
                answered.upstream.health.record_router_latency(answered.guard.began.elapsed());
                answered.guard.finish(&Outcome::Ok);
                if refused.contains(&answered.upstream.id) && !request.dry {
                    answered.upstream.health.record_schema_refusal(request.clock.now_ms());
                }
                return Ok(parse_reply(&answer.body));
            }
            UpstreamAnswer::Rejected(answer) => {
                answered.guard.finish(&Outcome::Rejected(answer.status.as_u16()));
                if !had_schema {
                    return Ok(RouterReply::Unusable);
                }
                refused.push(answered.upstream.id.clone());
            }
            UpstreamAnswer::Stream(_) => return Err(Some(Outcome::WrongContentType)),
        }
    }
    Ok(RouterReply::Unusable)
}

fn parse_reply(body: &[u8]) -> RouterReply {
    if body.len() > MAX_COMPLETION_BYTES {
        return RouterReply::Unusable;
    }
    match classify::answer_text(body).unwrap_or_default() {
        text if text.len() > classify::ANSWER_TEXT_BYTES => RouterReply::Unusable,
        text => RouterReply::Text(text),
    }
}

fn last_outcome(exhausted: &Exhausted) -> Option<Outcome> {
    match exhausted.verdict {
        Verdict::Failed => exhausted.last().copied(),
        _ => None,
    }
}
