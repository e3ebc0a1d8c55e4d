//! One upstream call, up to its commit point: a whole plain answer, or the first content of a stream. Until
//! then nothing has been sent to the caller, so another instance may still be tried.
//!
//! Client calls, router calls, smoke tests and the playground all use it. Which instance to call, how often
//! and what to do next is up to `failover`.

mod plain;
pub(crate) mod stream_watch;

use std::{
    pin::{Pin, pin},
    time::Duration,
};

use app::domain::{
    api::{Endpoint, LengthRequest, StreamEnd},
    config::instance::Timeouts,
    routing::{blame, outcome::Outcome},
    wire::{raw_json, retry_after, sse::EVENT_CAP},
};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use bytes::Bytes;
use http_body_util::{BodyExt as _, Limited};
use tokio::time::{Instant, timeout, timeout_at};

use self::stream_watch::StreamWatch;
use super::header_names::REQUEST_ID;
use crate::gateway::{
    state::instance_health::InFlightGuard,
    upstream::{AnswerBody, ResponseHead, StoredPath, Target, Upload, Upstream, UpstreamResponse},
};

pub(crate) use plain::PlainAnswer;

/// Most bytes of a stream that are held back while waiting for its first content. A larger first event passes
/// unexamined.
const BUFFER_BYTES: usize = 64 * 1024;
/// How often the first events of a stream may repeat the request, which is held back on top of [`BUFFER_BYTES`].
const ECHOES: usize = 4;
/// Most bytes of such repetitions.
const ECHO_BYTES: usize = 2 * EVENT_CAP;
/// Most bytes of a failure that are read for what it is about.
const FAILURE_BYTES: usize = 64 * 1024;
/// How long the body of a failure may take.
const FAILURE_TIMEOUT: Duration = Duration::from_secs(2);

/// An upstream request, independent of the instance that will get it.
pub(crate) struct OutgoingRequest<'a> {
    pub(crate) endpoint: Endpoint,
    /// The stored response that it is about, for [`Endpoint::StoredResponse`].
    pub(crate) stored: Option<&'a StoredPath>,
    /// Whether it continues something that an instance has stored. Only that instance knows it.
    pub(crate) continues: bool,
    /// Whether the caller asked for a stream.
    pub(crate) stream: bool,
    /// Whether the caller asked for several choices.
    pub(crate) has_several_choices: bool,
    /// Headers besides those that every upstream request has.
    pub(crate) headers: HeaderMap,
    /// Makes the body for an instance, which may have a model of its own.
    pub(crate) body: &'a (dyn Fn(&Upstream) -> Vec<Bytes> + Send + Sync),
    /// The caller's body, by which a request that fails everywhere is recognized.
    pub(crate) source: Option<&'a Bytes>,
    /// Largest plain answer, in bytes.
    pub(crate) answer_cap: usize,
    /// Whether a plain answer is cut off just beyond `answer_cap` instead of failing the attempt. A router
    /// model that says too much isn't down.
    pub(crate) truncates_at_cap: bool,
    /// Whether the body of a 404, 500 or 501 is read as well, because servers refuse a request by these.
    pub(crate) reads_failures: bool,
    /// What the vectors of an answer are checked against; `None` for other answers than embeddings.
    pub(crate) vectors: Option<VectorRequest<'a>>,
    /// The call's own deadline.
    pub(crate) deadline: Option<Instant>,
}

/// What an embeddings call asks for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct VectorRequest<'a> {
    /// The raw input.
    pub(crate) input: &'a str,
    pub(crate) length: LengthRequest,
    /// The length that vectors of these instances are known to have.
    pub(crate) known: Option<u64>,
}

/// An answer that is committed to the caller.
#[derive(Debug)]
pub(crate) enum UpstreamAnswer {
    /// A whole answer.
    Plain(PlainAnswer),
    /// The upstream rejected the request itself; its answer is passed on as it is.
    Rejected(PlainAnswer),
    Stream(Box<OpenStream>),
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

/// A failed attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct AttemptFailure {
    pub(crate) outcome: Outcome,
    /// Set if a response had begun.
    pub(crate) status: Option<u16>,
    /// The wait that the upstream asked for.
    pub(crate) retry_after_ms: Option<u64>,
}

impl From<Outcome> for AttemptFailure {
    fn from(outcome: Outcome) -> Self {
        Self { outcome, status: outcome.status(), retry_after_ms: None }
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
    let timers = AttemptTimers::new(&upstream.timeouts, guard.began, outgoing);
    let body = (outgoing.body)(upstream);
    let target = outgoing.stored.map_or(Target::Endpoint(outgoing.endpoint), Target::Stored);
    let upload = Upload::of(&body);
    let sending = pin!(upstream.send(target, &outgoing.headers, &body, upload.as_ref()));
    let response = match &upload {
        Some(upload) => timers.until_head_of_upload(sending, upload).await??,
        None => timers.until_head(sending).await??,
    };
    if response.head.status != StatusCode::OK {
        return read_failure(response, upstream, outgoing, &timers).await;
    }
    let with_status = |outcome: Outcome| AttemptFailure { status: Some(200), ..outcome.into() };
    // What generates nothing tells nothing about how fast an instance answers.
    let measures_latency = outgoing.stored.is_none() && !outgoing.endpoint.is_preparation();
    // Of a stored response the instance itself knows best whether it repeats it as a stream.
    let is_stream = if outgoing.stored.is_some() { is_event_stream(&response.head) } else { outgoing.stream };
    let answer = if is_stream {
        open(response, upstream, outgoing, &timers).await
    } else {
        if measures_latency {
            guard.record_first_byte();
        }
        read_answer(response, upstream, outgoing, &timers).await
    };
    let answer = answer.map_err(with_status)?;
    if is_stream && measures_latency {
        guard.record_first_byte();
    }
    if !matches!(answer, UpstreamAnswer::Rejected(_)) {
        upstream.health.record_spoken(outgoing.endpoint);
    }
    Ok(answer)
}

/// Reads an answer with another status than 200: a refusal of the request, or a failure.
async fn read_failure(
    response: UpstreamResponse,
    upstream: &Upstream,
    outgoing: &OutgoingRequest<'_>,
    timers: &AttemptTimers,
) -> Result<UpstreamAnswer, AttemptFailure> {
    let status = response.head.status.as_u16();
    let retry_after_ms = retry_after_ms(&response.head);
    let failed = |outcome| {
        let told_in_body = match outcome {
            Outcome::RateLimited { retry_after_ms } => retry_after_ms,
            _ => None,
        };
        let retry_after_ms = retry_after_ms.or(told_in_body);
        AttemptFailure { outcome, status: Some(status), retry_after_ms }
    };
    if status == 404 && outgoing.continues {
        response.body.drain().await;
        return Err(failed(Outcome::ResponseNotFound));
    }
    let may_not_speak = outgoing.stored.is_some() || upstream.may_not_speak(outgoing.endpoint);
    if matches!(status, 404 | 405 | 501) && may_not_speak {
        response.body.drain().await;
        // What is continued or stored may be what the instance lacks, so nothing is learned from it.
        if !outgoing.continues {
            upstream.health.record_not_spoken(outgoing.endpoint);
        }
        return Err(failed(Outcome::ApiNotSupported(status)));
    }
    match Outcome::from_status(status, retry_after_ms) {
        _ if outgoing.reads_failures && matches!(status, 404 | 500 | 501) => {
            let mut refusal = plain::read_whole(response, outgoing, timers).await?;
            refusal.body = upstream.redact_key(refusal.body);
            Ok(UpstreamAnswer::Rejected(refusal))
        }
        Outcome::Rejected(_) => {
            let mut refusal = plain::read_whole(response, outgoing, timers).await?;
            let text = String::from_utf8_lossy(refusal.body.get(..FAILURE_BYTES).unwrap_or(&refusal.body));
            match blame::judge_status(status, retry_after_ms, &text) {
                Outcome::Rejected(_) => {}
                failure => return Err(failed(failure)),
            }
            refusal.body = upstream.redact_key(refusal.body);
            Ok(UpstreamAnswer::Rejected(refusal))
        }
        // An answer without a body, or of a call that goes on.
        Outcome::Ok if outgoing.stored.is_some() => {
            Ok(UpstreamAnswer::Plain(plain::read_whole(response, outgoing, timers).await?))
        }
        Outcome::Ok => {
            response.body.drain().await;
            Err(failed(Outcome::Status(status)))
        }
        Outcome::Refused { .. } | Outcome::RateLimited { .. } => {
            let text = read_failure_text(response).await;
            Err(failed(blame::judge_status(status, retry_after_ms, &text)))
        }
        failure => {
            response.body.drain().await;
            Err(failed(failure))
        }
    }
}

/// The text of a failure, as far as it arrives soon; empty if it does not.
async fn read_failure_text(response: UpstreamResponse) -> String {
    let body = Limited::new(response.body, FAILURE_BYTES).collect();
    match timeout(FAILURE_TIMEOUT, body).await {
        Ok(Ok(body)) => String::from_utf8_lossy(&body.to_bytes()).into_owned(),
        _ => String::new(),
    }
}

/// Reads a plain answer.
async fn read_answer(
    response: UpstreamResponse,
    upstream: &Upstream,
    outgoing: &OutgoingRequest<'_>,
    timers: &AttemptTimers,
) -> Result<UpstreamAnswer, Outcome> {
    let ends_by_closing = response.head.ends_by_closing;
    let mut answer = plain::read_whole(response, outgoing, timers).await?;
    let is_whole = answer.body.len() <= outgoing.answer_cap;
    if ends_by_closing && is_whole && raw_json::is_open(&answer.body) {
        return Err(Outcome::Truncated);
    }
    match plain::judge(&mut answer, outgoing.endpoint) {
        Ok(()) => {}
        Err((Outcome::Rejected(_), Some(object))) => return Ok(reject(&object, upstream, outgoing)),
        Err((outcome, _)) => return Err(outcome),
    }
    if let Some(vectors) = &outgoing.vectors {
        plain::check_vectors(&answer, vectors, &upstream.health)?;
    }
    Ok(UpstreamAnswer::Plain(answer))
}

/// The refusal of a request by an error object inside a 200.
fn reject(object: &str, upstream: &Upstream, outgoing: &OutgoingRequest<'_>) -> UpstreamAnswer {
    let request_id = outgoing.headers.get(REQUEST_ID).and_then(|it| it.to_str().ok()).unwrap_or_default();
    let mut refusal = PlainAnswer::of_refusal(outgoing.endpoint, object, request_id);
    refusal.body = upstream.redact_key(refusal.body);
    UpstreamAnswer::Rejected(refusal)
}

/// Reads a stream up to its first content. Each sign of life restarts the silence that it may keep.
async fn open(
    response: UpstreamResponse,
    upstream: &Upstream,
    outgoing: &OutgoingRequest<'_>,
    timers: &AttemptTimers,
) -> Result<UpstreamAnswer, Outcome> {
    if !is_event_stream(&response.head) {
        return judge_other_content(&read_failure_text(response).await, upstream, outgoing);
    }
    let mut body = response.body;
    let mut watch = StreamWatch::new(outgoing.endpoint, outgoing.has_several_choices);
    let (mut buffered, mut buffered_bytes) = (Vec::new(), 0);
    let echoes = outgoing.source.map_or(0, |it| it.len().saturating_mul(ECHOES).min(ECHO_BYTES));
    while !watch.facts().has_content && buffered_bytes <= BUFFER_BYTES + echoes {
        let piece = timers.until_sign_of_life(pin!(body.piece())).await?.transpose();
        let piece = piece.map_err(|_| Outcome::Truncated)?;
        let ended = piece.is_none();
        match piece {
            Some(piece) => {
                buffered_bytes += piece.len();
                buffered.push(watch.push(&piece));
            }
            None => watch.finish(),
        }
        let facts = watch.facts();
        match facts.end {
            // An error in the same piece as the first content is for the relay to pass on.
            _ if facts.has_content => break,
            Some(StreamEnd::Error(Outcome::Rejected(_))) => {
                return Ok(reject(facts.refusal.as_deref().unwrap_or("{}"), upstream, outgoing));
            }
            Some(StreamEnd::Error(outcome)) => return Err(outcome),
            Some(StreamEnd::Complete) => return Err(Outcome::EmptyStream),
            None if ended => return Err(Outcome::EmptyStream),
            None => {}
        }
    }
    let idle_timeout = Duration::from_millis(upstream.timeouts.idle_ms);
    let stream = OpenStream { buffered, body, watch, idle_timeout, total_deadline: timers.total };
    Ok(UpstreamAnswer::Stream(Box::new(stream)))
}

/// Judges what came instead of a stream: an error as it is, or the wrong content.
fn judge_other_content(
    text: &str,
    upstream: &Upstream,
    outgoing: &OutgoingRequest<'_>,
) -> Result<UpstreamAnswer, Outcome> {
    // Google's errors come in lists.
    let object = raw_json::elements(text).next().unwrap_or(text);
    let error = raw_json::member(object, "error").filter(|it| !raw_json::is_null(it));
    match error.map(|it| (it, blame::judge_error(it))) {
        None => Err(Outcome::WrongContentType),
        Some((object, Outcome::Rejected(_))) => Ok(reject(object, upstream, outgoing)),
        Some((_, outcome)) => Err(outcome),
    }
}

/// The deadlines and timeouts of one attempt.
#[derive(Clone, Copy, Debug)]
struct AttemptTimers {
    began: Instant,
    /// The longest silence before content; `None` where silence means that an answer is being generated.
    silence: Option<Duration>,
    /// When the answer must have begun in spite of signs of life; `None` where silence alone is limited.
    answer: Option<Instant>,
    /// The longest pause of an upload.
    upload: Duration,
    idle: Duration,
    total: Option<Instant>,
    deadline: Option<Instant>,
}

impl AttemptTimers {
    fn new(timeouts: &Timeouts, began: Instant, outgoing: &OutgoingRequest<'_>) -> Self {
        let ms = Duration::from_millis;
        let endpoint = outgoing.endpoint;
        let generates = !endpoint.is_preparation()
            && !matches!(endpoint, Endpoint::Embeddings | Endpoint::StoredResponse);
        Self {
            began,
            silence: (outgoing.stream || !generates).then_some(ms(timeouts.first_byte_ms)),
            answer: (outgoing.stream || generates).then_some(began + ms(timeouts.answer_ms)),
            upload: ms(timeouts.first_byte_ms),
            idle: ms(timeouts.idle_ms),
            total: (timeouts.total_ms != 0).then(|| began + ms(timeouts.total_ms)),
            deadline: outgoing.deadline,
        }
    }

    /// Waits for the head of an answer, or for the first piece of a plain one.
    async fn until_head<T>(&self, wait: impl Future<Output = T>) -> Result<T, Outcome> {
        let silent_until = self.silence.map(|it| (self.began + it, Outcome::FirstByteTimeout));
        self.wait(wait, [silent_until, self.answer()]).await
    }

    /// Waits for the head of an answer to a body that takes time to send. An instance that stops reading it is not
    /// at work on it.
    async fn until_head_of_upload<T>(
        &self,
        mut wait: Pin<&mut impl Future<Output = T>>,
        upload: &Upload,
    ) -> Result<T, Outcome> {
        while upload.remaining() > 0 {
            let before = upload.remaining();
            let until = Instant::now() + self.upload;
            match self.wait(&mut wait, [Some((until, Outcome::FirstByteTimeout)), None]).await {
                Err(Outcome::FirstByteTimeout) if upload.remaining() < before => {}
                ended => return ended,
            }
        }
        self.until_head(wait).await
    }

    /// Waits for the next sign of life of a stream without content.
    async fn until_sign_of_life<T>(&self, wait: impl Future<Output = T>) -> Result<T, Outcome> {
        let silent_until = self.silence.map(|it| (Instant::now() + it, Outcome::FirstByteTimeout));
        self.wait(wait, [silent_until, self.answer()]).await
    }

    fn answer(&self) -> Option<(Instant, Outcome)> {
        self.answer.map(|it| (it, Outcome::AnswerTimeout))
    }

    /// Waits for the next piece of an answer that has begun.
    async fn until_next_piece<T>(&self, wait: impl Future<Output = T>) -> Result<T, Outcome> {
        self.wait(wait, [Some((Instant::now() + self.idle, Outcome::IdleTimeout)), None]).await
    }

    /// Waits until the earliest of the limits. In a tie the caller's own deadline wins, because it blames no
    /// instance.
    async fn wait<T>(
        &self,
        wait: impl Future<Output = T>,
        limits: [Option<(Instant, Outcome)>; 2],
    ) -> Result<T, Outcome> {
        let own = [
            self.deadline.map(|it| (it, Outcome::DeadlineExceeded)),
            self.total.map(|it| (it, Outcome::TotalTimeout)),
        ];
        match own.into_iter().chain(limits).flatten().min_by_key(|(at, _)| *at) {
            Some((until, outcome)) => timeout_at(until, wait).await.map_err(|_| outcome),
            None => Ok(wait.await),
        }
    }
}

/// The wait that a response asks for, in milliseconds.
fn retry_after_ms(head: &ResponseHead) -> Option<u64> {
    let in_ms = head.retry_after_ms.as_deref().and_then(retry_after::milliseconds);
    in_ms.or_else(|| retry_after::parse(head.retry_after.as_deref()?, crate::clock::now()))
}

fn is_event_stream(head: &ResponseHead) -> bool {
    let content_type = head.content_type.as_ref().map(HeaderValue::as_bytes).unwrap_or_default();
    let essence = content_type.split(|&b| b == b';').next().unwrap_or_default();
    essence.trim_ascii().eq_ignore_ascii_case(b"text/event-stream") && !head.is_encoded
}
