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
use tokio::{sync::Semaphore, time::timeout_at};

use super::{
    attempt::{Answer, Outgoing},
    breaker::Breaker,
    clock::{self, Clock},
    failover::{self, Stranded},
    snapshot::{RouterModel, Served, Snapshot},
    upstream::Upstream,
};

/// Router calls at once for one router model.
const AT_ONCE: usize = 64;
/// Attempts of one question, within the budget.
const ATTEMPTS: u64 = 3;
/// The largest completion that is read, in bytes; the text in it has a bound of its own.
const COMPLETION_BYTES: usize = 256 * 1024;

/// What all balancers with one router model share.
#[derive(Debug)]
pub(crate) struct Desk {
    breaker: Breaker,
    seats: Semaphore,
}

impl Default for Desk {
    fn default() -> Self {
        Self { breaker: Breaker::default(), seats: Semaphore::new(AT_ONCE) }
    }
}

/// What the router model said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Said {
    /// The route in this place.
    Route(usize),
    /// None of the routes.
    None,
    /// Nothing that counts; the reason says why.
    Nothing(Reason),
}

/// A question to the router model.
pub(crate) struct Inquiry<'a> {
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
pub(crate) async fn ask(inquiry: Inquiry<'_>) -> (Said, RouterTrace) {
    let began = Instant::now();
    let mut answer = None;
    let said = said(&inquiry, began, &mut answer).await;
    (said, RouterTrace { messages: inquiry.messages, answer, ms: clock::ms(began.elapsed()) })
}

async fn said(inquiry: &Inquiry<'_>, began: Instant, answer: &mut Option<String>) -> Said {
    let breaker = &inquiry.router.desk.breaker;
    let admitted = if inquiry.dry { !breaker.is_open() } else { breaker.admits(inquiry.clock.now_ms()) };
    if !admitted {
        return Said::Nothing(Reason::RouterOpen);
    }
    let verdict = Telling { inquiry, told: inquiry.dry };
    let budget = Duration::from_millis(inquiry.served.stored.spec.classifier.budget_ms);
    let budget_ends = began + budget;
    let until = inquiry.deadline.map_or(budget_ends, |it| it.min(budget_ends));
    let asked = timeout_at(until.into(), conversation(inquiry, answer)).await;
    match asked {
        Ok(Ok(said)) => {
            verdict.tell(true);
            said
        }
        Ok(Err(reason)) => {
            verdict.tell(false);
            Said::Nothing(reason)
        }
        // A call whose own time is shorter than the budget says nothing about the router.
        Err(_) if until < budget_ends => Said::Nothing(Reason::RouterTimeout),
        Err(_) => {
            verdict.tell(false);
            Said::Nothing(Reason::RouterTimeout)
        }
    }
}

/// Tells the breaker how a call ended; dropped without a word, that nobody knows.
struct Telling<'a> {
    inquiry: &'a Inquiry<'a>,
    told: bool,
}

impl Telling<'_> {
    fn tell(mut self, well: bool) {
        if !std::mem::replace(&mut self.told, true) {
            let breaker = &self.inquiry.router.desk.breaker;
            if well { breaker.succeeded() } else { breaker.failed(self.inquiry.clock.now_ms()) }
        }
    }
}

impl Drop for Telling<'_> {
    fn drop(&mut self) {
        if !self.told {
            self.inquiry.router.desk.breaker.untold(self.inquiry.clock.now_ms());
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
async fn conversation(inquiry: &Inquiry<'_>, answer: &mut Option<String>) -> Result<Said, Reason> {
    let Ok(_seat) = inquiry.router.desk.seats.acquire().await else { return Err(Reason::RouterError) };
    let labels = Labels::of(&inquiry.served.stored.spec);
    let mut again: Option<Vec<RouterMessage>> = None;
    for _ in 0..2 {
        let messages = again.as_deref().unwrap_or(&inquiry.messages);
        let text = match question(inquiry, messages, &labels).await {
            Ok(Reply::Text(text)) => text,
            Ok(Reply::Unusable) => return Ok(Said::Nothing(Reason::InvalidAnswer)),
            Err(Some(outcome)) if outcome.is_timeout() => return Err(Reason::RouterTimeout),
            Err(_) => return Err(Reason::RouterError),
        };
        let parsed = classify::parse(&text, &labels);
        again = Some(classify::messages_again(&inquiry.messages, &text, &labels));
        *answer = Some(text);
        match parsed {
            classify::Answer::Route(at) => return Ok(Said::Route(at)),
            classify::Answer::None => return Ok(Said::None),
            classify::Answer::Invalid => {}
        }
    }
    Ok(Said::Nothing(Reason::InvalidAnswer))
}

/// One question, held to the labels by a JSON schema unless the instance is known to refuse one.
async fn question(
    inquiry: &Inquiry<'_>,
    messages: &[RouterMessage],
    labels: &Labels,
) -> Result<Reply, Option<Outcome>> {
    // Each member may refuse the request once and is asked once more without the schema.
    let mut refused: Vec<InstanceId> = Vec::new();
    for _ in 0..=inquiry.router.pools[0].members.len() {
        let with_schema = |upstream: &Upstream| {
            !upstream.vitals.refuses_schema(inquiry.clock.now_ms()) && !refused.contains(&upstream.id)
        };
        let body = |upstream: &Upstream| {
            let schema = with_schema(upstream);
            vec![Bytes::from(classify::request_body(&upstream.model, messages, labels, schema))]
        };
        let outgoing = Outgoing {
            kind: WorkloadKind::Chat,
            stream: false,
            headers: inquiry.headers.clone(),
            body: &body,
            answer_cap: COMPLETION_BYTES,
            cuts_at_cap: true,
            dimensions: None,
            learns_dimensions: false,
            // The budget ends the whole conversation from outside, and blames no instance.
            deadline: None,
        };
        let board = inquiry.snapshot.board(inquiry.clock.now_ms());
        let request = plan::Request {
            balancer_id: "",
            balancer: &inquiry.router.stand_in,
            pools: &inquiry.router.pools,
            choice: Choice::Route(0, Reason::Matched),
            session: 0,
            dry: inquiry.dry,
        };
        let plan = plan::plan(&request, &board);
        let walked =
            failover::walk(inquiry.snapshot, inquiry.clock, &plan, &outgoing, ATTEMPTS, inquiry.dry, None);
        let landed = walked.await.map_err(|stranded| failure(&stranded))?;
        let had_schema = with_schema(&landed.upstream);
        match landed.answer {
            Answer::Plain(answer) => {
                landed.upstream.vitals.note_classified(landed.underway.began.elapsed());
                landed.underway.ended(&Outcome::Ok);
                if refused.contains(&landed.upstream.id) && !inquiry.dry {
                    landed.upstream.vitals.note_schema_refused(inquiry.clock.now_ms());
                }
                return Ok(reply(&answer.body));
            }
            Answer::Rejected(answer) => {
                landed.underway.ended(&Outcome::Rejected(answer.status.as_u16()));
                if !had_schema {
                    return Ok(Reply::Unusable);
                }
                refused.push(landed.upstream.id.clone());
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

fn failure(stranded: &Stranded) -> Option<Outcome> {
    match stranded.verdict {
        Verdict::Failed => stranded.last().copied(),
        _ => None,
    }
}
