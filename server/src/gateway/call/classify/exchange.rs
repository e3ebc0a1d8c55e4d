//! One request to a router model and its response, as a value that outlives the call that waits for it.

use std::{
    future::poll_fn,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll, ready},
};

use app::domain::api::Endpoint;
use axum::http::HeaderMap;
use bytes::Bytes;

use crate::gateway::{
    call::attempt::{AttemptFailure, OutgoingRequest, UpstreamAnswer, attempt},
    state::instance_health::InFlightGuard,
    upstream::Upstream,
};

/// Largest completion that is read, in bytes. The text in it has a limit of its own.
pub(super) const MAX_COMPLETION_BYTES: usize = 256 * 1024;

/// The end of an exchange: its slot on the instance, and the result.
pub(super) type ExchangeEnd = (InFlightGuard, Result<UpstreamAnswer, AttemptFailure>);

/// An exchange in progress. It owns everything that it needs.
pub(super) struct Exchange {
    pub(super) upstream: Arc<Upstream>,
    /// When the classification began, in milliseconds of the clock.
    pub(super) began_ms: u64,
    pub(super) future: Pin<Box<dyn Future<Output = ExchangeEnd> + Send>>,
}

impl Exchange {
    /// An exchange that begins when it is polled.
    pub(super) fn new(
        upstream: &Arc<Upstream>,
        endpoint: Endpoint,
        began_ms: u64,
        headers: HeaderMap,
        body: Vec<u8>,
        guard: InFlightGuard,
    ) -> Self {
        let (called, body) = (Arc::clone(upstream), Bytes::from(body));
        let future = async move {
            let body = |_: &Upstream| vec![body.clone()];
            let outgoing = OutgoingRequest {
                endpoint,
                stored: None,
                continues: false,
                stream: false,
                has_several_choices: false,
                headers,
                body: &body,
                source: None,
                answer_cap: MAX_COMPLETION_BYTES,
                truncates_at_cap: true,
                reads_failures: true,
                vectors: None,
                // The budget ends the whole question from outside and blames no instance.
                deadline: None,
            };
            let result = attempt(&called, &outgoing, &guard).await;
            (guard, result)
        };
        Self { upstream: Arc::clone(upstream), began_ms, future: Box::pin(future) }
    }
}

/// The exchange that a question waits for now. It stands outside of the future that asks, so it can be taken over when
/// that one is given up.
#[derive(Default)]
pub(super) struct ExchangeSlot(Mutex<Option<Exchange>>);

impl ExchangeSlot {
    /// Runs an exchange to its end; never ends if it is taken meanwhile. The instance remembers that it responded.
    pub(super) async fn run(&self, exchange: Exchange) -> ExchangeEnd {
        let upstream = Arc::clone(&exchange.upstream);
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(exchange);
        let (guard, result) = poll_fn(|cx| self.poll(cx)).await;
        if result.as_ref().map_or_else(|failure| failure.status.is_some(), |_| true) {
            upstream.health.record_router_response();
        }
        (guard, result)
    }

    /// Takes the exchange that is in progress.
    pub(super) fn take(&self) -> Option<Exchange> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn poll(&self, cx: &mut Context<'_>) -> Poll<ExchangeEnd> {
        let mut slot = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(exchange) = slot.as_mut() else { return Poll::Pending };
        let end = ready!(exchange.future.as_mut().poll(cx));
        *slot = None;
        Poll::Ready(end)
    }
}
