//! One upstream call, up to its commit point: a whole plain answer, or the first content of a stream. Until
//! then nothing has been sent to the caller, so another instance may still be tried.
//!
//! Client calls, router calls, smoke tests and the playground all use it. Which instance to call, how often
//! and what to do next is up to `failover`.

mod plain;
pub(crate) mod stream_watch;

use std::{
    pin::pin,
    time::{Duration, Instant},
};

use app::domain::{
    config::instance::{Timeouts, WorkloadKind},
    routing::outcome::Outcome,
    wire::retry_after,
};
use axum::http::{HeaderMap, HeaderValue, Response, header};
use bytes::Bytes;
use http_body_util::BodyExt as _;
use tokio::time::timeout_at;

use self::stream_watch::{StreamEnd, StreamWatch};
use crate::gateway::{
    state::instance_health::InFlightGuard,
    upstream::{AnswerBody, Endpoint, Upstream},
};

pub(crate) use plain::PlainAnswer;

/// Most bytes of a stream that are held back while waiting for its first content. A larger first event passes
/// unexamined.
const BUFFER_BYTES: usize = 64 * 1024;

/// An upstream request, independent of the instance that will get it.
pub(crate) struct OutgoingRequest<'a> {
    pub(crate) kind: WorkloadKind,
    /// Whether the caller asked for a stream.
    pub(crate) stream: bool,
    /// Headers besides those that every upstream request has.
    pub(crate) headers: HeaderMap,
    /// Makes the body for an instance, which may have a model of its own.
    pub(crate) body: &'a (dyn Fn(&Upstream) -> Vec<Bytes> + Send + Sync),
    /// Largest plain answer, in bytes.
    pub(crate) answer_cap: usize,
    /// Whether a plain answer is cut off just beyond `answer_cap` instead of failing the attempt. A router
    /// model that says too much isn't down.
    pub(crate) truncates_at_cap: bool,
    /// Whether the body of a 404, 500 or 501 is read as well, because servers refuse a request by these.
    pub(crate) reads_failures: bool,
    /// Dimensions that embeddings must have; `None` accepts any.
    pub(crate) expected_dimensions: Option<u64>,
    /// Whether the embeddings have the instance's native dimensions, because the call asked for none.
    pub(crate) learns_dimensions: bool,
    /// The call's own deadline.
    pub(crate) deadline: Option<Instant>,
}

/// An answer that is committed to the caller.
#[derive(Debug)]
pub(crate) enum UpstreamAnswer {
    /// A whole answer.
    Plain(PlainAnswer),
    /// The upstream rejected the request itself; its answer is passed on as it is.
    Rejected(PlainAnswer),
    Stream(OpenStream),
}

/// A stream whose first content has arrived.
#[derive(Debug)]
pub(crate) struct OpenStream {
    /// What has arrived so far.
    pub(crate) buffered: Vec<Bytes>,
    /// The rest of the stream.
    pub(crate) body: AnswerBody,
    pub(crate) watch: StreamWatch,
    pub(crate) idle_timeout: Duration,
    /// When the instance's total timeout expires.
    pub(crate) total_deadline: Option<Instant>,
}

/// A failed attempt. `status` is set if a response had begun.
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

/// Calls an instance on the slot that `guard` holds.
///
/// # Errors
/// [`AttemptFailure`]; its outcome says whether another instance may be tried.
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
        Outcome::Rejected(_) | Outcome::Refused(404) | Outcome::Status(500 | 501)
            if outgoing.reads_failures || matches!(outcome, Outcome::Rejected(_)) =>
        {
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
            // An error in the same piece as the first content is for the relay to pass on.
            Some(StreamEnd::Error) if !watch.has_content() => return Err(Outcome::ErrorEvent),
            Some(StreamEnd::Done) if !watch.has_content() => return Err(Outcome::EmptyStream),
            _ => {}
        }
    }
    let idle_timeout = Duration::from_millis(timeouts.idle_ms);
    Ok(OpenStream { buffered, body, watch, idle_timeout, total_deadline: timers.total })
}

/// The deadlines and timeouts of one attempt.
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

    /// Waits for something due before the first-byte timeout.
    async fn until_first_byte<T>(&self, wait: impl Future<Output = T>) -> Result<T, Outcome> {
        self.wait(wait, self.first_byte, Outcome::FirstByteTimeout).await
    }

    /// Waits for the next piece of an answer that has begun.
    async fn until_next_piece<T>(&self, wait: impl Future<Output = T>) -> Result<T, Outcome> {
        self.wait(wait, Instant::now() + self.idle, Outcome::IdleTimeout).await
    }

    /// Waits until the earliest of the limits. In a tie the caller's own deadline wins, because it blames no
    /// instance.
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

/// The `Retry-After` of a response, in milliseconds.
fn retry_after_ms(headers: &HeaderMap) -> Option<u64> {
    retry_after::parse(headers.get(header::RETRY_AFTER)?.to_str().ok()?, crate::clock::now())
}

fn is_event_stream(headers: &HeaderMap) -> bool {
    let text = |name| headers.get(name).map(HeaderValue::as_bytes).unwrap_or_default();
    let essence = text(header::CONTENT_TYPE).split(|&b| b == b';').next().unwrap_or_default();
    essence.trim_ascii().eq_ignore_ascii_case(b"text/event-stream") && plain::is_uncompressed(headers)
}
