//! Passes a stream on: piece by piece, in order, as they come, pulled by the caller's own reading, so that a slow
//! caller slows its own upstream and nobody else. It holds one piece at a time beside what was held back before.
//!
//! The answer is the caller's: nothing is retried here. A stream that did not end by its own word never ends clean:
//! every byte received is passed on, then an error event, no `[DONE]`, and the connection closes. Dropping the relay,
//! as when the caller leaves, closes the upstream's connection.

use std::{
    collections::VecDeque,
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll, ready},
    time::{Duration, Instant},
};

use app::domain::outcome::Outcome;
use bytes::{Bytes, BytesMut};
use futures_util::future::BoxFuture;
use http_body::{Body, Frame};
use tokio::time::{Sleep, sleep_until};

use super::{
    attempt::OpenStream,
    error::CallError,
    mask::StreamMask,
    record::{CallRecord, Recorder},
    stream_watch::{StreamEnd, StreamWatch},
};
use crate::gateway::{listener::Connection, state::instance_health::InFlightGuard, upstream::AnswerBody};

/// How long a stream may go on after `[DONE]`: time for the end of the body, so that the connection can be used again.
const AFTER_DONE: Duration = Duration::from_secs(1);

/// A stream on its way to the caller; it is the body of the answer.
pub(crate) struct Relay {
    /// What was held back until the first content came.
    ready: VecDeque<Bytes>,
    /// What still comes; `None` once the stream is over.
    body: Option<AnswerBody>,
    watch: StreamWatch,
    mask: Option<StreamMask>,
    timers: StreamTimers,
    /// The server waits no longer; never ready for calls from the console.
    force_closed: BoxFuture<'static, ()>,
    guard: Option<InFlightGuard>,
    recorder: Recorder,
    connection: Option<Connection>,
}

/// The clocks that run over a stream. The alarm is not moved for each piece: when it rings, it looks whether a piece
/// has come since.
struct StreamTimers {
    idle_timeout: Duration,
    /// Since when the upstream is silent while the caller could take more. A caller's own pauses do not count.
    idle_since: Option<Instant>,
    total_deadline: Option<Instant>,
    sleep: Pin<Box<Sleep>>,
}

impl Relay {
    pub(crate) fn new(
        stream: OpenStream,
        mask: Option<StreamMask>,
        guard: InFlightGuard,
        recorder: Recorder,
        connection: Option<Connection>,
    ) -> Self {
        let force_closed = Connection::force_closed_or_never(connection.as_ref());
        let mut relay = Self {
            ready: stream.buffered.into(),
            body: Some(stream.body),
            watch: stream.watch,
            mask,
            timers: StreamTimers::new(stream.idle_timeout, stream.total_deadline),
            force_closed,
            guard: Some(guard),
            recorder,
            connection,
        };
        if let Some(mask) = &mut relay.mask {
            relay.ready = relay.ready.iter().map(|it| mask.push(it)).collect();
        }
        if relay.watch.end() == Some(StreamEnd::Error) {
            // The error stood in the same piece as the first content, and is held like it.
            relay.fail(&Outcome::ErrorEvent);
        }
        relay
    }

    /// What is known of the call so far.
    pub(crate) fn record(&self) -> &CallRecord {
        self.recorder.record()
    }

    /// The next piece; `None` once the stream is over.
    fn poll_piece(&mut self, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        loop {
            if let Some(piece) = self.ready.pop_front() {
                if piece.is_empty() {
                    continue;
                }
                return Poll::Ready(Some(piece));
            }
            let Some(body) = &mut self.body else { return Poll::Ready(None) };
            let next = match Pin::new(body).poll_frame(cx) {
                Poll::Ready(next) => next,
                Poll::Pending => {
                    let outcome = ready!(self.poll_timers(cx));
                    self.finish(outcome);
                    continue;
                }
            };
            match next {
                Some(Ok(frame)) => {
                    let Ok(piece) = frame.into_data() else { continue };
                    self.timers.idle_since = None;
                    let piece = self.watch.push(&piece);
                    self.queue(&piece);
                    if self.watch.end() == Some(StreamEnd::Error) {
                        self.fail(&Outcome::ErrorEvent);
                    }
                }
                Some(Err(_)) => self.finish(Outcome::Truncated),
                None => {
                    self.watch.finish();
                    self.finish(Outcome::Truncated);
                }
            }
        }
    }

    fn queue(&mut self, piece: &Bytes) {
        let piece = match &mut self.mask {
            Some(mask) => mask.push(piece),
            None => piece.clone(),
        };
        self.ready.push_back(piece);
    }

    /// Which clock is over.
    fn poll_timers(&mut self, cx: &mut Context<'_>) -> Poll<Outcome> {
        if self.force_closed.as_mut().poll(cx).is_ready() {
            return Poll::Ready(Outcome::Cancelled);
        }
        let idle_timeout = if self.watch.end().is_some() { AFTER_DONE } else { self.timers.idle_timeout };
        self.timers.poll(cx, idle_timeout)
    }

    /// The upstream's side is over: well, where it has said so itself; else it broke off in this way.
    fn finish(&mut self, failure: Outcome) {
        if let Some(mask) = &mut self.mask {
            self.ready.push_back(mask.finish());
        }
        if self.watch.end() != Some(StreamEnd::Done) {
            let error = match failure {
                Outcome::Cancelled => CallError::shutting_down(),
                outcome => CallError::broken_stream(&outcome),
            };
            let mut last = BytesMut::new();
            if self.watch.is_inside_event() {
                // Else the error would be read as a part of the event that broke off.
                last.extend_from_slice(b"\n\n");
            }
            last.extend_from_slice(&error.event(self.recorder.id(), &[]));
            self.ready.push_back(last.freeze());
            return self.fail(&failure);
        }
        self.close(&Outcome::Ok, None);
    }

    /// The stream did not end as it should.
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
        if let Some(tokens) = self.watch.tokens() {
            self.recorder.set_tokens(tokens);
        }
        self.recorder.finish(200, code);
        if let Some(guard) = self.guard.take() {
            guard.finish(outcome);
        }
    }
}

impl StreamTimers {
    fn new(idle_timeout: Duration, total_deadline: Option<Instant>) -> Self {
        let sleep = Box::pin(sleep_until((Instant::now() + idle_timeout).into()));
        Self { idle_timeout, idle_since: None, total_deadline, sleep }
    }

    /// The clock that is over, with `idle` as the time that the upstream may be silent.
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
            if self.sleep.deadline().into_std() > deadline {
                self.sleep.as_mut().reset(deadline.into());
            }
            ready!(self.sleep.as_mut().poll(cx));
            self.sleep.as_mut().reset(deadline.into());
        }
    }
}

impl Body for Relay {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.poll_piece(cx).map(|piece| piece.map(|it| Ok(Frame::data(it))))
    }
}
