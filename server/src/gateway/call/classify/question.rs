//! A routing question to one instance: asked in the shape that worked before, and again in another one if the instance
//! refuses it or has no usable answer to it.

use std::sync::{Arc, Mutex, PoisonError};

use app::domain::{
    api::Endpoint,
    routing::{
        classify::{self, Adaptation, Answer, Evidence, Labels, NextStep, RequestShape},
        decision::RouterMessage,
        outcome::Outcome,
    },
};
use axum::http::HeaderMap;
use futures_util::future::BoxFuture;

use super::exchange::{Exchange, ExchangeEnd, ExchangeSlot, MAX_COMPLETION_BYTES};
use crate::gateway::{
    call::{
        attempt::{AttemptFailure, UpstreamAnswer},
        failover::PlannedRequest,
    },
    state::{clock::Clock, instance_health::InFlightGuard, shape_memory::RememberedShape},
    upstream::Upstream,
};

/// The reply of an instance that answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum RouterReply {
    /// The text of the answer, empty if it has none, and what it means.
    Text(String, Answer),
    /// The prompt was refused, or the answer is too large. Asking again would yield the same.
    NoAnswer,
}

/// A question. It is asked of one instance after the other until one replies.
pub(crate) struct RouterQuestion<'a> {
    messages: &'a [RouterMessage],
    labels: &'a Labels,
    headers: &'a HeaderMap,
    clock: Clock,
    /// When the classification began, in milliseconds of the clock.
    began_ms: u64,
    slot: &'a ExchangeSlot,
    reply: Mutex<Option<RouterReply>>,
}

impl<'a> RouterQuestion<'a> {
    /// A question whose exchanges run in `slot`.
    pub(super) fn new(
        messages: &'a [RouterMessage],
        labels: &'a Labels,
        headers: &'a HeaderMap,
        clock: Clock,
        began_ms: u64,
        slot: &'a ExchangeSlot,
    ) -> Self {
        Self { messages, labels, headers, clock, began_ms, slot, reply: Mutex::default() }
    }

    /// The reply of the instance that answered; `None` if none did.
    pub(super) fn into_reply(self) -> Option<RouterReply> {
        self.reply.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    async fn ask(&self, upstream: &Arc<Upstream>, guard: InFlightGuard) -> ExchangeEnd {
        let mut learning = Learning::new(upstream, self.clock);
        let mut guard = guard.for_router_call();
        loop {
            let asking = &learning.asking;
            let body = self.body(upstream, asking.shape(), asking.is_shortened());
            learning.is_waiting = true;
            let result;
            (guard, result) = self.exchange(upstream, body, guard).await;
            let answered = match result {
                Ok(answered) => answered,
                Err(failure) => return (guard, Err(failure)),
            };
            learning.is_waiting = false;
            let next = match &answered {
                UpstreamAnswer::Plain(answer) if answer.body.len() > MAX_COMPLETION_BYTES => {
                    NextStep::NoAnswer
                }
                UpstreamAnswer::Plain(answer) => learning.asking.after_completion(&answer.body, self.labels),
                UpstreamAnswer::Rejected(answer) => {
                    learning.asking.after_refusal(answer.status.as_u16(), &answer.body)
                }
                UpstreamAnswer::Stream(_) => return (guard, Err(Outcome::WrongContentType.into())),
            };
            let reply = match next {
                NextStep::AskAgain => continue,
                NextStep::Failed => return (guard, Err(status_failure(&answered))),
                NextStep::NoAnswer => RouterReply::NoAnswer,
                NextStep::Read(text, meaning) => {
                    learning.finish(meaning != Answer::Invalid);
                    RouterReply::Text(text, meaning)
                }
            };
            *self.reply.lock().unwrap_or_else(PoisonError::into_inner) = Some(reply);
            return (guard, Ok(answered));
        }
    }

    /// Whether a request in exactly this shape is answered by a label.
    pub(super) async fn is_answered_in(
        &self,
        upstream: &Arc<Upstream>,
        guard: InFlightGuard,
        shape: RequestShape,
    ) -> (InFlightGuard, bool) {
        let body = self.body(upstream, shape, false);
        let (guard, result) = self.exchange(upstream, body, guard).await;
        let is_answered = match result {
            Ok(UpstreamAnswer::Plain(answer)) if answer.body.len() <= MAX_COMPLETION_BYTES => {
                let next = Adaptation::new(shape).after_completion(&answer.body, self.labels);
                matches!(next, NextStep::Read(_, meaning) if meaning != Answer::Invalid)
            }
            _ => false,
        };
        (guard, is_answered)
    }

    async fn exchange(&self, upstream: &Arc<Upstream>, body: Vec<u8>, guard: InFlightGuard) -> ExchangeEnd {
        let (headers, endpoint) = (self.headers.clone(), Endpoint::ChatCompletions);
        self.slot.run(Exchange::new(upstream, endpoint, self.began_ms, headers, body, guard)).await
    }

    fn body(&self, upstream: &Upstream, shape: RequestShape, is_shortened: bool) -> Vec<u8> {
        let model = upstream.model.as_deref().unwrap_or_default();
        let halved = if is_shortened { classify::halve(self.messages) } else { None };
        let messages = halved.as_deref().unwrap_or(self.messages);
        classify::request_body(model, messages, self.labels, shape)
    }
}

impl PlannedRequest for RouterQuestion<'_> {
    fn attempt<'a>(
        &'a self,
        upstream: &'a Arc<Upstream>,
        guard: InFlightGuard,
    ) -> BoxFuture<'a, (InFlightGuard, Result<UpstreamAnswer, AttemptFailure>)> {
        Box::pin(self.ask(upstream, guard))
    }
}

/// The failure that the status of a refusal stands for.
pub(super) fn status_failure(refused: &UpstreamAnswer) -> AttemptFailure {
    match refused {
        UpstreamAnswer::Plain(answer) | UpstreamAnswer::Rejected(answer) => {
            let status = answer.status.as_u16();
            AttemptFailure {
                outcome: Outcome::from_status(status, None),
                status: Some(status),
                retry_after_ms: None,
            }
        }
        UpstreamAnswer::Stream(_) => Outcome::WrongContentType.into(),
    }
}

/// What a question learns of an instance, and remembers when it ends.
struct Learning<'a> {
    upstream: &'a Upstream,
    clock: Clock,
    remembered: RememberedShape,
    asking: Adaptation,
    /// Whether a request has been sent and not answered.
    is_waiting: bool,
}

impl<'a> Learning<'a> {
    fn new(upstream: &'a Upstream, clock: Clock) -> Self {
        let remembered = upstream.health.request_shape.get(clock.now_ms());
        Self { upstream, clock, remembered, asking: Adaptation::new(remembered.shape), is_waiting: false }
    }

    /// Ends with an answer. A shape that was found step by step is remembered even if the answer is no label, because
    /// the instance takes it; a longer limit only if it helped. A guess counts only while no other shape is known to
    /// work: a server that has answered and now fails without a word may just have failed.
    fn finish(&self, is_label: bool) {
        let evidence = self.asking.evidence();
        let is_new = match evidence {
            Evidence::Named => true,
            Evidence::CutOff => is_label,
            Evidence::Unchanged | Evidence::Guessed => is_label && !self.remembered.is_proven,
        };
        if is_new {
            let memory = &self.upstream.health.request_shape;
            memory.confirm(&self.remembered, self.asking.shape(), evidence, self.clock.now_ms());
        }
    }
}

impl Drop for Learning<'_> {
    fn drop(&mut self) {
        // The budget may end before the last shape is answered. The next question goes on from there.
        if self.is_waiting && matches!(self.asking.evidence(), Evidence::Named | Evidence::CutOff) {
            let memory = &self.upstream.health.request_shape;
            memory.propose(&self.remembered, self.asking.shape(), self.clock.now_ms());
        }
    }
}
