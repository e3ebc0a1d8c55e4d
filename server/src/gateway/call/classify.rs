//! Asks the router model which route a text belongs to. It may be slow, wrong or down: whatever happens, the call
//! that waits for it goes on, at the latest when the budget is spent.
//!
//! It goes the same way as any other upstream call, by a plan and a walk of its own, with its own limit of calls at
//! once and its own breaker, so that a router in trouble starves nobody.

use std::time::{Duration, Instant};

use app::domain::{
    classify::{self, Labels},
    decision::{Reason, RouterMessage, RouterTrace},
    ids::InstanceId,
    instance::WorkloadKind,
    outcome::Outcome,
    plan::{self, Choice, Verdict},
};
use axum::http::HeaderMap;
use bytes::Bytes;
use tokio::time::timeout_at;

use super::{
    attempt::{Answer, OutgoingRequest},
    failover::{self, Exhausted},
};
use crate::gateway::{
    snapshot::{RouterModel, Served, Snapshot},
    state::clock::{self, Clock},
    upstream::Upstream,
};

/// Attempts of one question, within the budget.
const ATTEMPTS: u64 = 3;
/// The largest completion that is read, in bytes; the text in it has a bound of its own.
const COMPLETION_BYTES: usize = 256 * 1024;

/// What the router model said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Classification {
    /// The route in this place.
    Route(usize),
    /// None of the routes.
    None,
    /// Nothing that counts; the reason says why.
    Nothing(Reason),
}

/// A question to the router model.
pub(crate) struct ClassifyRequest<'a> {
    pub(crate) snapshot: &'a Snapshot,
    pub(crate) clock: Clock,
    pub(crate) served: &'a Served,
    pub(crate) router: &'a RouterModel,
    /// The messages of [`classify::messages`].
    pub(crate) messages: Vec<RouterMessage>,
    /// The headers of the upstream call.
    pub(crate) headers: &'a HeaderMap,
    /// When the call's own time is over.
    pub(crate) deadline: Option<Instant>,
    /// A dry run touches neither health nor breaker, and takes no turn.
    pub(crate) dry: bool,
}

/// Asks, and says what was asked, what came back and how long it took.
pub(crate) async fn ask(request: ClassifyRequest<'_>) -> (Classification, RouterTrace) {
    let began = Instant::now();
    let mut answer = None;
    let said = said(&request, began, &mut answer).await;
    (said, RouterTrace { messages: request.messages, answer, ms: clock::ms(began.elapsed()) })
}

async fn said(request: &ClassifyRequest<'_>, began: Instant, answer: &mut Option<String>) -> Classification {
    let breaker = &request.router.limits.breaker;
    let admitted = if request.dry { !breaker.is_open() } else { breaker.admits(request.clock.now_ms()) };
    if !admitted {
        return Classification::Nothing(Reason::RouterOpen);
    }
    let verdict = BreakerReport { request, told: request.dry };
    let budget = Duration::from_millis(request.served.stored.spec.classifier.budget_ms);
    let budget_ends = began + budget;
    let until = request.deadline.map_or(budget_ends, |it| it.min(budget_ends));
    let asked = timeout_at(until.into(), conversation(request, answer)).await;
    match asked {
        Ok(Ok(said)) => {
            verdict.tell(true);
            said
        }
        Ok(Err(reason)) => {
            verdict.tell(false);
            Classification::Nothing(reason)
        }
        // A call whose own time is shorter than the budget says nothing about the router.
        Err(_) if until < budget_ends => Classification::Nothing(Reason::RouterTimeout),
        Err(_) => {
            verdict.tell(false);
            Classification::Nothing(Reason::RouterTimeout)
        }
    }
}

/// Tells the breaker how a call ended; dropped without a word, that nobody knows.
struct BreakerReport<'a> {
    request: &'a ClassifyRequest<'a>,
    told: bool,
}

impl BreakerReport<'_> {
    fn tell(mut self, well: bool) {
        if !std::mem::replace(&mut self.told, true) {
            let breaker = &self.request.router.limits.breaker;
            if well { breaker.succeeded() } else { breaker.failed(self.request.clock.now_ms()) }
        }
    }
}

impl Drop for BreakerReport<'_> {
    fn drop(&mut self) {
        if !self.told {
            self.request.router.limits.breaker.untold(self.request.clock.now_ms());
        }
    }
}

/// What came back for one question.
enum Reply {
    /// The text of an answer; empty if it has none.
    Text(String),
    /// The request was refused, or the answer is beyond its bounds. Asking again would bring the same.
    Unusable,
}

/// The question, and once more where the answer was no label. An answer that cannot be used is an answer: its server
/// is not down, so it counts neither for the breaker nor for the instance's health.
async fn conversation(
    request: &ClassifyRequest<'_>,
    answer: &mut Option<String>,
) -> Result<Classification, Reason> {
    let Ok(_permit) = request.router.limits.calls.acquire().await else { return Err(Reason::RouterError) };
    let labels = Labels::of(&request.served.stored.spec);
    let mut again: Option<Vec<RouterMessage>> = None;
    for _ in 0..2 {
        let messages = again.as_deref().unwrap_or(&request.messages);
        let text = match question(request, messages, &labels).await {
            Ok(Reply::Text(text)) => text,
            Ok(Reply::Unusable) => return Ok(Classification::Nothing(Reason::InvalidAnswer)),
            Err(Some(outcome)) if outcome.is_timeout() => return Err(Reason::RouterTimeout),
            Err(_) => return Err(Reason::RouterError),
        };
        let parsed = classify::parse(&text, &labels);
        again = Some(classify::messages_again(&request.messages, &text, &labels));
        *answer = Some(text);
        match parsed {
            classify::Answer::Route(at) => return Ok(Classification::Route(at)),
            classify::Answer::None => return Ok(Classification::None),
            classify::Answer::Invalid => {}
        }
    }
    Ok(Classification::Nothing(Reason::InvalidAnswer))
}

/// One question, held to the labels by a JSON schema unless the instance is known to refuse one.
async fn question(
    request: &ClassifyRequest<'_>,
    messages: &[RouterMessage],
    labels: &Labels,
) -> Result<Reply, Option<Outcome>> {
    // Each member may refuse the request once and is asked once more without the schema.
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
            kind: WorkloadKind::Chat,
            stream: false,
            headers: request.headers.clone(),
            body: &body,
            answer_cap: COMPLETION_BYTES,
            cuts_at_cap: true,
            dimensions: None,
            learns_dimensions: false,
            // The budget ends the whole conversation from outside, and blames no instance.
            deadline: None,
        };
        let board = request.snapshot.board(request.clock.now_ms());
        let plan_request = plan::Request {
            balancer_id: "",
            balancer: &request.router.stand_in,
            pools: &request.router.pools,
            choice: Choice::Route(0, Reason::Matched),
            session: 0,
            dry: request.dry,
        };
        let plan = plan::plan(&plan_request, &board);
        let walked =
            failover::walk(request.snapshot, request.clock, &plan, &outgoing, ATTEMPTS, request.dry, None);
        let answered = walked.await.map_err(|exhausted| failure(&exhausted))?;
        let had_schema = with_schema(&answered.upstream);
        match answered.answer {
            Answer::Plain(answer) => {
                answered.upstream.health.note_classified(answered.guard.began.elapsed());
                answered.guard.ended(&Outcome::Ok);
                if refused.contains(&answered.upstream.id) && !request.dry {
                    answered.upstream.health.note_schema_refused(request.clock.now_ms());
                }
                return Ok(reply(&answer.body));
            }
            Answer::Rejected(answer) => {
                answered.guard.ended(&Outcome::Rejected(answer.status.as_u16()));
                if !had_schema {
                    return Ok(Reply::Unusable);
                }
                refused.push(answered.upstream.id.clone());
            }
            Answer::Stream(_) => return Err(Some(Outcome::WrongContentType)),
        }
    }
    Ok(Reply::Unusable)
}

fn reply(body: &[u8]) -> Reply {
    if body.len() > COMPLETION_BYTES {
        return Reply::Unusable;
    }
    match classify::answer_text(body).unwrap_or_default() {
        text if text.len() > classify::ANSWER_TEXT_BYTES => Reply::Unusable,
        text => Reply::Text(text),
    }
}

fn failure(exhausted: &Exhausted) -> Option<Outcome> {
    match exhausted.verdict {
        Verdict::Failed => exhausted.last().copied(),
        _ => None,
    }
}
