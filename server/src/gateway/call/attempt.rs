//! One upstream call, up to the point from which its answer is the caller's: a whole plain answer, or a stream whose
//! first content has come. Until then everything may still be tried elsewhere, so nothing has been sent to anybody.
//!
//! Client calls, router calls, smoke tests and the playground all come through here. It decides nothing: which
//! instance, how often and what next is failover's.

mod plain;

use std::{
    pin::pin,
    time::{Duration, Instant},
};

use app::domain::{instance::Timeouts, instance::WorkloadKind, outcome::Outcome, retry_after};
use axum::http::{HeaderMap, HeaderValue, Response, header};
use bytes::Bytes;
use http_body_util::BodyExt as _;
use tokio::time::timeout_at;

use super::stream_watch::{StreamEnd, StreamWatch};
use crate::gateway::{
    state::instance_health::InFlightGuard,
    upstream::{AnswerBody, Endpoint, Upstream},
};

pub(crate) use plain::PlainAnswer;

/// The most of a stream that is held back while its first content is awaited. A first event beyond it passes unseen.
const BUFFER_BYTES: usize = 64 * 1024;

/// What is sent.
pub(crate) struct OutgoingRequest<'a> {
    /// The kind of call; it gives the path.
    pub(crate) kind: WorkloadKind,
    /// Whether a stream was asked for.
    pub(crate) stream: bool,
    /// The headers beyond those that every upstream call has.
    pub(crate) headers: HeaderMap,
    /// The body for an instance.
    pub(crate) body: &'a (dyn Fn(&Upstream) -> Vec<Bytes> + Send + Sync),
    /// The largest plain answer, in bytes.
    pub(crate) answer_cap: usize,
    /// Whether a plain answer beyond the cap is cut off there, so that it comes back longer than the cap, instead of
    /// failing the attempt. A router model that talks too much is not down.
    pub(crate) truncates_at_cap: bool,
    /// The length that embeddings must have; `None` where any is right.
    pub(crate) expected_dimensions: Option<u64>,
    /// Whether the length of the answer's embeddings is the instance's own: the call asked for none.
    pub(crate) learns_dimensions: bool,
    /// When the call's own time is over.
    pub(crate) deadline: Option<Instant>,
}

/// An answer that is the caller's from now on.
#[derive(Debug)]
pub(crate) enum UpstreamAnswer {
    /// A whole one.
    Plain(PlainAnswer),
    /// The upstream refused the request itself; this is passed on as it is.
    Rejected(PlainAnswer),
    /// A stream whose first content has come.
    Stream(OpenStream),
}

/// A stream whose first content has come.
#[derive(Debug)]
pub(crate) struct OpenStream {
    /// What has been received.
    pub(crate) buffered: Vec<Bytes>,
    /// What is still to come.
    pub(crate) body: AnswerBody,
    pub(crate) watch: StreamWatch,
    pub(crate) idle_timeout: Duration,
    /// When the instance's total time is over.
    pub(crate) total_deadline: Option<Instant>,
}

/// An attempt that came to nothing: how, and the status where an answer had begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct AttemptFailure {
    pub(crate) outcome: Outcome,
    pub(crate) status: Option<u16>,
}

impl From<Outcome> for AttemptFailure {
    fn from(outcome: Outcome) -> Self {
        Self { outcome, status: outcome.status() }
    }
}

/// Calls an instance, on the place that `guard` holds there.
///
/// # Errors
/// [`AttemptFailure`] says how the attempt failed and so what may follow.
pub(crate) async fn attempt(
    upstream: &Upstream,
    outgoing: &OutgoingRequest<'_>,
    guard: &InFlightGuard,
) -> Result<UpstreamAnswer, AttemptFailure> {
    let timers = AttemptTimers::new(&upstream.timeouts, guard.began, outgoing.deadline);
    let body = (outgoing.body)(upstream);
    let sending = upstream.send(Endpoint::Workload(outgoing.kind), &outgoing.headers, &body);
    let response = timers.until_first_byte(pin!(sending)).await??;
    let status = response.status().as_u16();
    let outcome = Outcome::from_status(status, retry_after_ms(response.headers()));
    match outcome {
        Outcome::Ok if status == 200 => {}
        Outcome::Rejected(_) => {
            let mut refusal = plain::read_whole(response, outgoing, &timers).await?;
            refusal.body = upstream.redact_key(refusal.body);
            return Ok(UpstreamAnswer::Rejected(refusal));
        }
        Outcome::Ok => return Err(Outcome::Status(status).into()),
        failed => {
            response.into_body().drain().await;
            return Err(failed.into());
        }
    }
    let with_status = |outcome| AttemptFailure { outcome, status: Some(status) };
    if outgoing.stream {
        let stream = open(response, &timers, upstream.timeouts).await.map_err(with_status)?;
        guard.record_first_byte();
        return Ok(UpstreamAnswer::Stream(stream));
    }
    guard.record_first_byte();
    let answer = plain::read_whole(response, outgoing, &timers).await.map_err(with_status)?;
    plain::validate(&answer).map_err(with_status)?;
    if outgoing.kind == WorkloadKind::Embeddings && outgoing.learns_dimensions {
        plain::check_dimensions(&answer, outgoing.expected_dimensions, &upstream.health)
            .map_err(with_status)?;
    }
    Ok(UpstreamAnswer::Plain(answer))
}

/// Reads a stream up to its first content.
async fn open(
    response: Response<AnswerBody>,
    timers: &AttemptTimers,
    timeouts: Timeouts,
) -> Result<OpenStream, Outcome> {
    if !is_event_stream(response.headers()) {
        return Err(Outcome::WrongContentType);
    }
    let mut body = response.into_body();
    let (mut buffered, mut buffered_bytes, mut watch) = (Vec::new(), 0, StreamWatch::default());
    while !watch.has_content() && buffered_bytes <= BUFFER_BYTES {
        let piece = match timers.until_first_byte(pin!(body.frame())).await? {
            Some(Ok(frame)) => frame.into_data().unwrap_or_default(),
            Some(Err(_)) => return Err(Outcome::Truncated),
            None => {
                watch.finish();
                if watch.has_content() {
                    break;
                }
                let error = watch.end() == Some(StreamEnd::Error);
                return Err(if error { Outcome::ErrorEvent } else { Outcome::EmptyStream });
            }
        };
        buffered.push(watch.push(&piece));
        buffered_bytes += piece.len();
        match watch.end() {
            // An error right behind the first content, in the same piece, is the relay's to pass on.
            Some(StreamEnd::Error) if !watch.has_content() => return Err(Outcome::ErrorEvent),
            Some(StreamEnd::Done) if !watch.has_content() => return Err(Outcome::EmptyStream),
            _ => {}
        }
    }
    let idle_timeout = Duration::from_millis(timeouts.idle_ms);
    Ok(OpenStream { buffered, body, watch, idle_timeout, total_deadline: timers.total })
}

/// The clocks that run over one attempt.
#[derive(Clone, Copy, Debug)]
struct AttemptTimers {
    first_byte: Instant,
    idle: Duration,
    total: Option<Instant>,
    deadline: Option<Instant>,
}

impl AttemptTimers {
    fn new(timeouts: &Timeouts, began: Instant, deadline: Option<Instant>) -> Self {
        let total = (timeouts.total_ms != 0).then(|| began + Duration::from_millis(timeouts.total_ms));
        Self {
            first_byte: began + Duration::from_millis(timeouts.first_byte_ms),
            idle: Duration::from_millis(timeouts.idle_ms),
            total,
            deadline,
        }
    }

    /// Waits for something that belongs to the time before the first byte.
    async fn until_first_byte<T>(&self, wait: impl Future<Output = T>) -> Result<T, Outcome> {
        self.wait(wait, self.first_byte, Outcome::FirstByteTimeout).await
    }

    /// Waits for the next piece of an answer that has begun.
    async fn until_next_piece<T>(&self, wait: impl Future<Output = T>) -> Result<T, Outcome> {
        self.wait(wait, Instant::now() + self.idle, Outcome::IdleTimeout).await
    }

    /// Waits until the earliest of the timers; where two end together, the caller's own comes first, for it blames
    /// nobody.
    async fn wait<T>(
        &self,
        wait: impl Future<Output = T>,
        until: Instant,
        outcome: Outcome,
    ) -> Result<T, Outcome> {
        let limits = [
            self.deadline.map(|it| (it, Outcome::DeadlineExceeded)),
            self.total.map(|it| (it, Outcome::TotalTimeout)),
            Some((until, outcome)),
        ];
        let (until, outcome) =
            limits.into_iter().flatten().min_by_key(|(at, _)| *at).unwrap_or((until, outcome));
        timeout_at(until.into(), wait).await.map_err(|_| outcome)
    }
}

/// What an answer's `Retry-After` asks for, in milliseconds.
fn retry_after_ms(headers: &HeaderMap) -> Option<u64> {
    retry_after::parse(headers.get(header::RETRY_AFTER)?.to_str().ok()?, crate::clock::now())
}

fn is_event_stream(headers: &HeaderMap) -> bool {
    let text = |name| headers.get(name).map(HeaderValue::as_bytes).unwrap_or_default();
    let essence = text(header::CONTENT_TYPE).split(|&b| b == b';').next().unwrap_or_default();
    essence.trim_ascii().eq_ignore_ascii_case(b"text/event-stream") && plain::is_uncompressed(headers)
}
