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
use http_body::{Body, Frame};
use tokio::time::{Sleep, sleep_until};

use super::{
    attempt::OpenStream,
    error::CallError,
    mask::StreamMask,
    record::{CallRecord, Recorder},
    stream_watch::{End, StreamWatch},
};
use crate::gateway::{listener::Connection, state::instance_health::InFlightGuard, upstream::AnswerBody};

/// How long a stream may go on after `[DONE]`: time for the end of the body, so that the connection can be used again.
const AFTER_DONE: Duration = Duration::from_secs(1);

/// A stream on its way to the caller; it is the body of the answer.
pub(crate) struct Relay {
    /// What was held back until the first content came.
    held: VecDeque<Bytes>,
    /// What still comes; `None` once the stream is over.
    rest: Option<AnswerBody>,
    watch: StreamWatch,
    mask: Option<StreamMask>,
    clocks: AttemptTimers,
    /// The server waits no longer; never ready for calls from the console.
    cut: Pin<Box<dyn Future<Output = ()> + Send>>,
    guard: Option<InFlightGuard>,
    record: Recorder,
    connection: Option<Connection>,
}

/// The clocks that run over a stream. The alarm is not moved for each piece: when it rings, it looks whether a piece
/// has come since.
struct AttemptTimers {
    idle: Duration,
    /// Since when the upstream is silent while the caller could take more. A caller's own pauses do not count.
    silent_since: Option<Instant>,
    until: Option<Instant>,
    alarm: Pin<Box<Sleep>>,
}

impl Relay {
    pub(crate) fn new(
        opened: OpenStream,
        mask: Option<StreamMask>,
        guard: InFlightGuard,
        record: Recorder,
        connection: Option<Connection>,
    ) -> Self {
        let cut: Pin<Box<dyn Future<Output = ()> + Send>> = match &connection {
            Some(connection) => Box::pin(connection.cut()),
            None => Box::pin(std::future::pending()),
        };
        let mut relay = Self {
            held: opened.held.into(),
            rest: Some(opened.rest),
            watch: opened.watch,
            mask,
            clocks: AttemptTimers::new(opened.idle, opened.until),
            cut,
            guard: Some(guard),
            record,
            connection,
        };
        if let Some(mask) = &mut relay.mask {
            relay.held = relay.held.iter().map(|it| mask.take(it)).collect();
        }
        if relay.watch.end() == Some(End::Error) {
            // The error stood in the same piece as the first content, and is held like it.
            relay.broke_off(&Outcome::ErrorEvent);
        }
        relay
    }

    /// What is known of the call so far.
    pub(crate) fn record(&self) -> &CallRecord {
        self.record.record()
    }

    /// The next piece; `None` once the stream is over.
    fn poll_piece(&mut self, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        loop {
            if let Some(piece) = self.held.pop_front() {
                if piece.is_empty() {
                    continue;
                }
                return Poll::Ready(Some(piece));
            }
            let Some(rest) = &mut self.rest else { return Poll::Ready(None) };
            let next = match Pin::new(rest).poll_frame(cx) {
                Poll::Ready(next) => next,
                Poll::Pending => {
                    let outcome = ready!(self.poll_clocks(cx));
                    self.ended(outcome);
                    continue;
                }
            };
            match next {
                Some(Ok(frame)) => {
                    let Ok(piece) = frame.into_data() else { continue };
                    self.clocks.silent_since = None;
                    let piece = self.watch.take(&piece);
                    self.hold(&piece);
                    if self.watch.end() == Some(End::Error) {
                        self.broke_off(&Outcome::ErrorEvent);
                    }
                }
                Some(Err(_)) => self.ended(Outcome::Truncated),
                None => {
                    self.watch.finish();
                    self.ended(Outcome::Truncated);
                }
            }
        }
    }

    fn hold(&mut self, piece: &Bytes) {
        let piece = match &mut self.mask {
            Some(mask) => mask.take(piece),
            None => piece.clone(),
        };
        self.held.push_back(piece);
    }

    /// Which clock is over.
    fn poll_clocks(&mut self, cx: &mut Context<'_>) -> Poll<Outcome> {
        if self.cut.as_mut().poll(cx).is_ready() {
            return Poll::Ready(Outcome::Cancelled);
        }
        let idle = if self.watch.end().is_some() { AFTER_DONE } else { self.clocks.idle };
        self.clocks.poll(cx, idle)
    }

    /// The upstream's side is over: well, where it has said so itself; else it broke off in this way.
    fn ended(&mut self, otherwise: Outcome) {
        if let Some(mask) = &mut self.mask {
            self.held.push_back(mask.rest());
        }
        if self.watch.end() != Some(End::Done) {
            let error = match otherwise {
                Outcome::Cancelled => CallError::shutting_down(),
                outcome => CallError::broken_stream(&outcome),
            };
            let mut last = BytesMut::new();
            if self.watch.is_inside_event() {
                // Else the error would be read as a part of the event that broke off.
                last.extend_from_slice(b"\n\n");
            }
            last.extend_from_slice(&error.event(self.record.id(), &[]));
            self.held.push_back(last.freeze());
            return self.broke_off(&otherwise);
        }
        self.settle(&Outcome::Ok, None);
    }

    /// The stream did not end as it should.
    fn broke_off(&mut self, outcome: &Outcome) {
        if let Some(connection) = &self.connection {
            connection.close_after_answer();
        }
        let code = match outcome {
            Outcome::Cancelled => CallError::shutting_down().code,
            outcome => CallError::broken_stream(outcome).code,
        };
        self.settle(outcome, Some(code));
    }

    fn settle(&mut self, outcome: &Outcome, code: Option<&'static str>) {
        self.rest = None;
        self.record.attempt_ended(outcome, None);
        if let Some(tokens) = self.watch.tokens() {
            self.record.used(tokens);
        }
        self.record.finished(200, code);
        if let Some(guard) = self.guard.take() {
            guard.ended(outcome);
        }
    }
}

impl AttemptTimers {
    fn new(idle: Duration, until: Option<Instant>) -> Self {
        let alarm = Box::pin(sleep_until((Instant::now() + idle).into()));
        Self { idle, silent_since: None, until, alarm }
    }

    /// The clock that is over, with `idle` as the time that the upstream may be silent.
    fn poll(&mut self, cx: &mut Context<'_>, idle: Duration) -> Poll<Outcome> {
        loop {
            let silent_until = *self.silent_since.get_or_insert_with(Instant::now) + idle;
            let (at, outcome) = match self.until {
                Some(until) if until < silent_until => (until, Outcome::TotalTimeout),
                _ => (silent_until, Outcome::IdleTimeout),
            };
            if at <= Instant::now() {
                return Poll::Ready(outcome);
            }
            if self.alarm.deadline().into_std() > at {
                self.alarm.as_mut().reset(at.into());
            }
            ready!(self.alarm.as_mut().poll(cx));
            self.alarm.as_mut().reset(at.into());
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
