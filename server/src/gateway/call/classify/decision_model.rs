//! A question to one decision model: asked in the form that worked before, and once in the other one if the instance does
//! not have its path. It is never asked again because of what was answered.

use std::sync::{Arc, Mutex, PoisonError};

use app::domain::{
    api::Endpoint,
    routing::{
        classify::Labels,
        decision_model::{DecisionAnswer, DecisionForm, DecisionQuestion, read_answer},
        outcome::Outcome,
    },
};
use axum::http::HeaderMap;
use futures_util::future::BoxFuture;

use super::{
    exchange::{Exchange, ExchangeEnd, ExchangeSlot, MAX_COMPLETION_BYTES},
    question::status_failure,
};
use crate::gateway::{
    call::{
        attempt::{AttemptFailure, UpstreamAnswer},
        failover::PlannedRequest,
    },
    state::instance_health::InFlightGuard,
    upstream::Upstream,
};

/// The reply of an instance that answered.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum DecisionReply {
    /// It answered the question, perhaps by something that is no option.
    Answered(DecisionAnswer),
    /// It refused the question, or its answer is none.
    NoAnswer,
}

/// A question. It is asked of one instance after the other until one replies.
pub(super) struct DecisionCall<'a> {
    question: &'a DecisionQuestion,
    labels: &'a Labels,
    headers: &'a HeaderMap,
    /// When the classification began, in milliseconds of the clock.
    began_ms: u64,
    slot: &'a ExchangeSlot,
    reply: Mutex<Option<DecisionReply>>,
}

impl<'a> DecisionCall<'a> {
    /// A question whose exchanges run in `slot`.
    pub(super) fn new(
        question: &'a DecisionQuestion,
        labels: &'a Labels,
        headers: &'a HeaderMap,
        began_ms: u64,
        slot: &'a ExchangeSlot,
    ) -> Self {
        Self { question, labels, headers, began_ms, slot, reply: Mutex::default() }
    }

    /// The reply of the instance that answered; `None` if none did.
    pub(super) fn into_reply(self) -> Option<DecisionReply> {
        self.reply.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    async fn ask(&self, upstream: &Arc<Upstream>, guard: InFlightGuard) -> ExchangeEnd {
        let memory = &upstream.health.decision_form;
        let mut form = memory.get();
        let (mut guard, mut result) = self.exchange(upstream, form, guard.for_router_call()).await;
        if lacks_path(&result) {
            form = form.other();
            (guard, result) = self.exchange(upstream, form, guard).await;
        }
        let answered = match result {
            Ok(answered) => answered,
            Err(failure) => return (guard, Err(failure)),
        };
        let reply = match &answered {
            UpstreamAnswer::Plain(answer) => {
                memory.set(form);
                let is_whole = answer.body.len() <= MAX_COMPLETION_BYTES;
                let read = if is_whole { read_answer(&answer.body, self.labels) } else { None };
                read.map_or(DecisionReply::NoAnswer, DecisionReply::Answered)
            }
            UpstreamAnswer::Rejected(answer) if matches!(answer.status.as_u16(), 404 | 500..) => {
                return (guard, Err(status_failure(&answered)));
            }
            UpstreamAnswer::Rejected(_) => DecisionReply::NoAnswer,
            UpstreamAnswer::Stream(_) => return (guard, Err(Outcome::WrongContentType.into())),
        };
        *self.reply.lock().unwrap_or_else(PoisonError::into_inner) = Some(reply);
        (guard, Ok(answered))
    }

    async fn exchange(
        &self,
        upstream: &Arc<Upstream>,
        form: DecisionForm,
        guard: InFlightGuard,
    ) -> ExchangeEnd {
        let body = self.question.body(form, upstream.model.as_deref().unwrap_or_default());
        let headers = self.headers.clone();
        self.slot.run(Exchange::new(upstream, endpoint_of(form), self.began_ms, headers, body, guard)).await
    }
}

impl PlannedRequest for DecisionCall<'_> {
    fn attempt<'a>(
        &'a self,
        upstream: &'a Arc<Upstream>,
        guard: InFlightGuard,
    ) -> BoxFuture<'a, (InFlightGuard, Result<UpstreamAnswer, AttemptFailure>)> {
        Box::pin(self.ask(upstream, guard))
    }
}

/// The path of a form.
pub(super) fn endpoint_of(form: DecisionForm) -> Endpoint {
    match form {
        DecisionForm::SystemOne => Endpoint::SystemOne,
        DecisionForm::Decisions => Endpoint::Decisions,
    }
}

/// Whether a response says that there is nothing at the path.
fn lacks_path(result: &Result<UpstreamAnswer, AttemptFailure>) -> bool {
    let status = match result {
        Ok(UpstreamAnswer::Rejected(answer)) => Some(answer.status.as_u16()),
        Ok(_) => None,
        Err(failure) => failure.status,
    };
    matches!(status, Some(404 | 405 | 501))
}
