//! A check of one router instance: a routing question with a known answer. It starts without what was learned before,
//! finds out in which shape the instance takes router requests, and remembers that one.

mod decision_model;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use app::domain::{
    api::Api,
    config::{balancer::Balancer, instance::WorkloadKind},
    routing::{
        call::CallText,
        classify::{
            self, Answer, Evidence, KnownQuestion, Labels, RequestPart, RequestShape, TokenField,
            known_question,
        },
        outcome::Outcome,
    },
};
use tokio::time::timeout;

use super::{
    exchange::ExchangeSlot,
    question::{RouterQuestion, RouterReply},
};
use crate::gateway::{
    call::{
        failover::{PlannedRequest as _, outcome_of},
        headers,
    },
    state::{
        clock::{self, Clock},
        instance_health::InFlightGuard,
    },
    upstream::Upstream,
};

/// How long a check may take, which is enough for a model that is loaded on demand.
const LIMIT: Duration = Duration::from_secs(60);

/// The result of a check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RouterCheck {
    /// Whether the instance is fit to route this balancer's calls.
    pub(crate) ok: bool,
    /// The failure of the last request, or `Ok` if the instance replied.
    pub(crate) outcome: Outcome,
    /// What it answered and what it refuses, for people. Empty if it did not reply.
    pub(crate) message: String,
}

/// Checks an instance with the routes of a balancer.
pub(crate) async fn check_router(upstream: &Arc<Upstream>, balancer: &Balancer, clock: Clock) -> RouterCheck {
    let checking = Box::pin(run(upstream, balancer, clock));
    timeout(LIMIT, checking).await.unwrap_or_else(|_| failed(Outcome::FirstByteTimeout))
}

async fn run(upstream: &Arc<Upstream>, balancer: &Balancer, clock: Clock) -> RouterCheck {
    let Some(known) = known_question(balancer) else {
        let message = "There is no route to choose.".to_owned();
        return RouterCheck { ok: false, outcome: Outcome::Ok, message };
    };
    if upstream.kind == WorkloadKind::Decision {
        return decision_model::check(upstream, balancer, &known, clock).await;
    }
    upstream.health.request_shape.clear();
    let (mut took, reply) = match ask(upstream, balancer, &known, clock).await {
        Ok(reply) => reply,
        Err(outcome) => return failed(outcome),
    };
    let budget = Duration::from_millis(balancer.classifier.budget_ms);
    if took > budget && matches!(reply, RouterReply::Text(_, meaning) if meaning != Answer::Invalid) {
        // Loading the model and finding its shape took time that later calls don't need.
        took = match ask(upstream, balancer, &known, clock).await {
            Ok((took, _)) => took,
            Err(outcome) => return failed(outcome),
        };
    }
    let shape = upstream.health.request_shape.get(clock.now_ms()).shape;
    let (mut ok, mut message) = describe(&reply, balancer, &known);
    if ok && took > budget {
        ok = false;
        message = format!("{message} {}", over_budget(took, budget));
    }
    if let Some(refused) = shape.describe() {
        message = format!("{message} {refused}");
    }
    RouterCheck { ok, outcome: Outcome::Ok, message }
}

/// Asks the question, and finds out what exactly the instance refuses if that had to be guessed.
async fn ask(
    upstream: &Arc<Upstream>,
    balancer: &Balancer,
    known: &KnownQuestion,
    clock: Clock,
) -> Result<(Duration, RouterReply), Outcome> {
    let began = Instant::now();
    let max_in_flight = upstream.max_in_flight;
    let guard = upstream.health.try_begin(max_in_flight, true).ok_or(Outcome::ConnectFailed)?;
    let messages = classify::messages(balancer, &CallText::of(&known.prompt));
    let (labels, slot) = (Labels::of(balancer), ExchangeSlot::default());
    let headers = headers::upstream_headers(None, Api::ChatCompletions, clock::new_request_id().as_str(), 1);
    let question = RouterQuestion::new(&messages, &labels, &headers, clock, clock.now_ms(), &slot);
    let (mut guard, result) = question.attempt(upstream, guard).await;
    let took = began.elapsed();
    let outcome = outcome_of(&result).0;
    if result.is_ok() {
        upstream.health.record_router_latency(took);
        guard = refine(&question, upstream, guard, clock).await;
    }
    guard.finish(&outcome);
    let reply = question.into_reply().ok_or(outcome)?;
    Ok((took, reply))
}

/// Puts back the parts of the request one by one, if the plainest shape was a guess, and keeps those that the instance
/// takes.
async fn refine(
    question: &RouterQuestion<'_>,
    upstream: &Arc<Upstream>,
    mut guard: InFlightGuard,
    clock: Clock,
) -> InFlightGuard {
    let memory = &upstream.health.request_shape;
    let remembered = memory.get(clock.now_ms());
    let mut shape = remembered.shape;
    if shape != shape.plainest() {
        return guard;
    }
    for richer in RequestPart::ALL {
        let renamed = RequestShape { token_field: TokenField::MaxCompletionTokens, ..shape };
        let mut candidates = vec![shape.with(richer)];
        if richer == RequestPart::TokenField {
            candidates.push(renamed);
        }
        for candidate in candidates {
            let is_answered;
            (guard, is_answered) = question.is_answered_in(upstream, guard, candidate).await;
            if is_answered {
                shape = candidate;
                break;
            }
        }
    }
    memory.confirm(&remembered, shape, Evidence::Named, clock.now_ms());
    guard
}

/// That an answer took longer than calls would wait for it.
fn over_budget(took: Duration, budget: Duration) -> String {
    let [took, budget] = [took, budget].map(|it| it.as_secs_f64());
    format!("That took {took:.1} s, and the router budget is {budget:.1} s.")
}

/// Whether a reply is fit, and what it was.
fn describe(reply: &RouterReply, balancer: &Balancer, known: &KnownQuestion) -> (bool, String) {
    match reply {
        RouterReply::Text(_, answer) => describe_answer(*answer, balancer, known),
        RouterReply::NoAnswer => (false, "It refused a routing question.".to_owned()),
    }
}

/// Whether an answer is fit, and what it was.
fn describe_answer(answer: Answer, balancer: &Balancer, known: &KnownQuestion) -> (bool, String) {
    let route = |index: usize| balancer.routes.get(index).map_or("", |it| it.name.as_str());
    match answer {
        Answer::Route(index) if route(index) == known.route => {
            (true, format!("It answered a routing question with “{}”, as expected.", known.route))
        }
        Answer::Route(index) => {
            let answered = route(index);
            (
                true,
                format!("It answered a routing question with “{answered}”; expected was “{}”.", known.route),
            )
        }
        Answer::None if balancer.default_route().is_some_and(|it| it.name == known.route) => {
            (true, "It answered that no route fits a routing question, as expected.".to_owned())
        }
        Answer::None => {
            let expected = &known.route;
            (true, format!("It answered that no route fits a routing question; expected was “{expected}”."))
        }
        Answer::Invalid => {
            (false, "It answered a routing question with something other than a route.".to_owned())
        }
    }
}

fn failed(outcome: Outcome) -> RouterCheck {
    RouterCheck { ok: false, outcome, message: String::new() }
}
