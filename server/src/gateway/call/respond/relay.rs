//! Relays a stream to the caller piece by piece, in order. The caller's reading drives it, so a slow
//! caller slows down its own upstream and nothing else. It holds one piece at a time, besides those buffered
//! before the commit point.
//!
//! The answer is committed: nothing is retried. A stream without a proper end never ends cleanly: every byte
//! received is passed on, then an error event follows, no `[DONE]`, and the connection closes. Dropping the
//! relay, as when the caller leaves, closes the upstream connection.

use std::{
    collections::VecDeque,
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use app::domain::{
    api::{Api, StreamEnd},
    routing::outcome::Outcome,
};
use axum::body::Body;
use bytes::{Bytes, BytesMut};
use futures_util::{StreamExt as _, stream};
use tokio::time::{Instant, Sleep, sleep_until};

use super::{mask::StreamMask, stream_mask};
use crate::gateway::call::{
    admit::Call,
    attempt::{OpenStream, stream_watch::StreamWatch},
    error::CallError,
    made_response::StreamedResponse,
    record::{CallRecord, Recorder},
};
use crate::gateway::{
    listener::Connection,
    state::instance_health::{InFlightGuard, request_digest},
    upstream::AnswerBody,
};

/// How long a stream may go on after its terminal event, so its body can end and its connection be reused.
const AFTER_END: Duration = Duration::from_secs(1);

/// Largest body that is kept while its stream runs, in bytes.
const MAX_KEPT_BODY_BYTES: usize = 64 * 1024;

/// A stream on its way to the caller.
pub(crate) struct Relay {
    /// Pieces ready to be sent.
    ready: VecDeque<Bytes>,
    /// The rest of the stream; `None` once it has ended.
    body: Option<AnswerBody>,
    watch: StreamWatch,
    /// The response that it makes, if it makes one.
    response: Option<StreamedResponse>,
    mask: Option<StreamMask>,
    timers: StreamTimers,
    api: Api,
    /// The caller's body, by which a request that breaks streams is recognized; `None` if it is too large to keep.
    source: Option<Bytes>,
    guard: Option<InFlightGuard>,
    recorder: Recorder,
    connection: Option<Connection>,
}

/// The timeouts of a stream. The timer is not reset for each piece; when it fires, it checks whether a piece
/// has arrived since.
struct StreamTimers {
    idle_timeout: Duration,
    /// When the upstream fell silent while the caller was ready to read. The caller's own pauses don't count.
    idle_since: Option<Instant>,
    total_deadline: Option<Instant>,
    sleep: Pin<Box<Sleep>>,
}

impl Relay {
    pub(crate) fn new(
        stream: Box<OpenStream>,
        call: &Call,
        guard: InFlightGuard,
        recorder: Recorder,
        connection: Option<Connection>,
    ) -> Self {
        let mut relay = Self {
            ready: stream.buffered.into(),
            body: Some(stream.body),
            watch: stream.watch,
            response: StreamedResponse::new(call, recorder.record()),
            mask: stream_mask(call),
            api: call.endpoint().api(),
            source: Some(call.request.source()).filter(|it| it.len() <= MAX_KEPT_BODY_BYTES).cloned(),
            timers: StreamTimers::new(stream.idle_timeout, stream.total_deadline),
            guard: Some(guard),
            recorder,
            connection,
        };
        if let Some(mask) = &mut relay.mask {
            relay.ready = relay.ready.iter().map(|it| mask.push(it)).collect();
        }
        // An error may have arrived in the same piece as the first content; it is already in `ready`.
        relay.follow();
        relay
    }

    /// The record so far.
    pub(crate) fn record(&self) -> &CallRecord {
        self.recorder.record()
    }

    /// The body of the response.
    pub(crate) fn into_body(mut self) -> Body {
        body_of_pieces(move |cx| self.poll_piece(cx))
    }

    /// The next piece; `None` once the stream has ended.
    pub(crate) fn poll_piece(&mut self, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        loop {
            if let Some(piece) = self.ready.pop_front() {
                if piece.is_empty() {
                    continue;
                }
                return Poll::Ready(Some(piece));
            }
            let Some(body) = &mut self.body else { return Poll::Ready(None) };
            let next = match body.poll_piece(cx) {
                Poll::Ready(next) => next,
                Poll::Pending => {
                    let outcome = ready!(self.poll_timers(cx));
                    self.finish(outcome);
                    continue;
                }
            };
            match next {
                Some(Ok(piece)) => {
                    self.timers.idle_since = None;
                    let piece = self.watch.push(&piece);
                    self.queue(&piece);
                    self.follow();
                }
                Some(Err(_)) => self.finish(Outcome::Truncated),
                None => {
                    self.watch.finish();
                    self.remember_response();
                    self.finish(match self.watch.facts().end {
                        Some(StreamEnd::Error(outcome)) => outcome,
                        _ => Outcome::Truncated,
                    });
                }
            }
        }
    }

    /// Follows what the stream has told so far: the id of its response, and an error that ends it.
    fn follow(&mut self) {
        self.remember_response();
        let facts = self.watch.facts();
        if let Some(StreamEnd::Error(outcome)) = facts.end {
            if facts.lacks_error_event {
                self.queue_error(&outcome);
            }
            self.fail(&outcome);
        }
    }

    fn remember_response(&mut self) {
        if let Some(response) = &mut self.response {
            response.remember(self.watch.facts().response_id.as_deref());
        }
    }

    fn queue(&mut self, piece: &Bytes) {
        let piece = match &mut self.mask {
            Some(mask) => mask.push(piece),
            None => piece.clone(),
        };
        self.ready.push_back(piece);
    }

    /// Ready with the outcome of the limit that was reached.
    fn poll_timers(&mut self, cx: &mut Context<'_>) -> Poll<Outcome> {
        if self.connection.as_ref().is_some_and(Connection::is_force_closed) {
            return Poll::Ready(Outcome::Cancelled);
        }
        let idle_timeout =
            if self.watch.facts().end.is_some() { AFTER_END } else { self.timers.idle_timeout };
        self.timers.poll(cx, idle_timeout)
    }

    /// Ends the stream: cleanly if it is complete, otherwise with `failure`.
    fn finish(&mut self, failure: Outcome) {
        if self.watch.facts().end != Some(StreamEnd::Complete) {
            self.queue_error(&failure);
            return self.fail(&failure);
        }
        self.flush_mask();
        self.close(&Outcome::Ok, None);
    }

    fn flush_mask(&mut self) {
        if let Some(mask) = &mut self.mask {
            self.ready.push_back(mask.finish());
        }
    }

    /// Queues an event that tells the caller of `failure`.
    fn queue_error(&mut self, failure: &Outcome) {
        self.flush_mask();
        let error = match failure {
            Outcome::Cancelled => CallError::shutting_down(),
            outcome => CallError::broken_stream(outcome),
        };
        let mut last = BytesMut::new();
        if self.watch.is_inside_event() {
            // Otherwise the error would be read as part of the incomplete event.
            last.extend_from_slice(b"\n\n");
        }
        let response_id = self.watch.facts().response_id.as_deref();
        last.extend_from_slice(&error.event(self.api, self.recorder.id(), response_id, &[]));
        self.ready.push_back(last.freeze());
    }

    /// Closes a stream that ended improperly.
    fn fail(&mut self, outcome: &Outcome) {
        if let Some(connection) = &self.connection {
            connection.close_after_answer();
        }
        let code = match outcome {
            Outcome::Cancelled => CallError::shutting_down().code,
            outcome => CallError::broken_stream(outcome).code,
        };
        self.close(outcome, Some(code));
    }

    fn close(&mut self, outcome: &Outcome, code: Option<&'static str>) {
        self.body = None;
        self.recorder.end_attempt(outcome, None);
        let facts = self.watch.facts();
        if let Some(tokens) = facts.usage {
            self.recorder.set_tokens(tokens);
        }
        self.recorder.set_empty(code.is_none() && !facts.has_text);
        self.recorder.finish(200, code);
        if let Some(guard) = self.guard.take() {
            match outcome {
                Outcome::Ok => guard.finish(outcome),
                outcome => guard.finish_broken(outcome, self.source.as_ref().map_or(0, request_digest)),
            }
        }
    }
}

impl StreamTimers {
    fn new(idle_timeout: Duration, total_deadline: Option<Instant>) -> Self {
        let sleep = Box::pin(sleep_until(Instant::now() + idle_timeout));
        Self { idle_timeout, idle_since: None, total_deadline, sleep }
    }

    /// Ready with the outcome of the limit that was reached. `idle_timeout` is how long the upstream may be
    /// silent.
    fn poll(&mut self, cx: &mut Context<'_>, idle_timeout: Duration) -> Poll<Outcome> {
        loop {
            let idle_deadline = *self.idle_since.get_or_insert_with(Instant::now) + idle_timeout;
            let (deadline, outcome) = match self.total_deadline {
                Some(deadline) if deadline < idle_deadline => (deadline, Outcome::TotalTimeout),
                _ => (idle_deadline, Outcome::IdleTimeout),
            };
            if deadline <= Instant::now() {
                return Poll::Ready(outcome);
            }
            if self.sleep.deadline() > deadline {
                self.sleep.as_mut().reset(deadline);
            }
            ready!(self.sleep.as_mut().poll(cx));
            self.sleep.as_mut().reset(deadline);
        }
    }
}

/// A body of the pieces that `next` yields.
pub(crate) fn body_of_pieces(
    next: impl FnMut(&mut Context<'_>) -> Poll<Option<Bytes>> + Send + 'static,
) -> Body {
    Body::from_stream(stream::poll_fn(next).map(Ok::<_, Infallible>))
}
