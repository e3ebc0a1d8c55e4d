//! A check of one decision model: a routing question with a known answer. It finds out which form the instance takes, and
//! whether it says how sure it is.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use app::domain::{
    api::Api,
    config::balancer::Balancer,
    routing::{
        call::CallText,
        classify::{self, KnownQuestion, Labels},
        decision_model::{DecisionAnswer, DecisionQuestion},
        outcome::Outcome,
    },
};

use super::{RouterCheck, describe_answer, failed, over_budget};
use crate::gateway::{
    call::{
        classify::{
            decision_model::{DecisionCall, DecisionReply, endpoint_of},
            exchange::ExchangeSlot,
        },
        failover::{PlannedRequest as _, outcome_of},
        headers,
    },
    state::clock::{self, Clock},
    upstream::Upstream,
};

/// Asks the question, and once more if the answer took longer than calls wait for it: loading the model and finding its
/// form takes time that later calls don't need.
pub(super) async fn check(
    upstream: &Arc<Upstream>,
    balancer: &Balancer,
    known: &KnownQuestion,
    clock: Clock,
) -> RouterCheck {
    upstream.health.decision_form.clear();
    let budget = Duration::from_millis(balancer.classifier.budget_ms);
    let mut asked = ask(upstream, balancer, known, clock).await;
    if asked.as_ref().is_ok_and(|(took, _)| *took > budget) {
        asked = ask(upstream, balancer, known, clock).await;
    }
    let (took, reply) = match asked {
        Ok(asked) => asked,
        Err(outcome) => return failed(outcome),
    };
    let (mut ok, mut message) = match &reply {
        DecisionReply::Answered(answer) => {
            let (ok, message) = describe_answer(answer.choice, balancer, known);
            (ok, format!("{message} {}", describe_certainty(answer)))
        }
        DecisionReply::NoAnswer => (false, "It did not answer a routing question.".to_owned()),
    };
    message =
        format!("{message} It is asked at /{}.", endpoint_of(upstream.health.decision_form.get()).path());
    if ok && took > budget {
        ok = false;
        message = format!("{message} {}", over_budget(took, budget));
    }
    RouterCheck { ok, outcome: Outcome::Ok, message }
}

fn describe_certainty(answer: &DecisionAnswer) -> String {
    match (answer.confidence, answer.probabilities.is_empty()) {
        (Some(confidence), false) => format!("Its confidence was {confidence}, by its probabilities."),
        (Some(confidence), true) => format!("Its confidence was {confidence}, without probabilities."),
        (None, _) => "It does not say how sure it is, so a minimum confidence would not apply.".to_owned(),
    }
}

async fn ask(
    upstream: &Arc<Upstream>,
    balancer: &Balancer,
    known: &KnownQuestion,
    clock: Clock,
) -> Result<(Duration, DecisionReply), Outcome> {
    let began = Instant::now();
    let guard = upstream.health.try_begin(upstream.max_in_flight, true).ok_or(Outcome::ConnectFailed)?;
    let prompt = classify::messages(balancer, &CallText::of(&known.prompt));
    let question = DecisionQuestion::of(balancer, &prompt);
    let (labels, slot) = (Labels::of(balancer), ExchangeSlot::default());
    let headers = headers::upstream_headers(None, Api::ChatCompletions, clock::new_request_id().as_str(), 1);
    let call = DecisionCall::new(&question, &labels, &headers, clock.now_ms(), &slot);
    let (guard, result) = call.attempt(upstream, guard).await;
    let took = began.elapsed();
    let outcome = outcome_of(&result).0;
    if result.is_ok() {
        upstream.health.record_router_latency(took);
    }
    guard.finish(&outcome);
    Ok((took, call.into_reply().ok_or(outcome)?))
}
