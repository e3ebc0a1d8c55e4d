//! The record of a call: filled while the call runs and sent when it ends, in whatever way.
//!
//! It holds decisions and attempts, but no prompt, answer or key. Sending never waits: if the receiver can't
//! keep up, records are dropped and counted. The response headers are written from the record, so they
//! and the log agree.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering::Relaxed},
};

use app::domain::{
    api::{Api, Endpoint},
    confidence::Confidence,
    config::instance::WorkloadKind,
    console::request_log::CallOrigin,
    ids::{BalancerId, InstanceId, RequestId},
    routing::{
        decision::{AttemptRecord, Excerpt, Reason},
        outcome::Outcome,
        plan::{Plan, PlannedRoute},
    },
};
use axum::http::{HeaderMap, HeaderValue};
use tokio::{sync::mpsc, time::Instant};

use super::{early_headers::EarlyHeaders, header_names};
use crate::gateway::{
    snapshot::CompiledBalancer,
    state::{api_keys::KeyPermit, clock},
    upstream::Upstream,
};

/// Everything known about a finished call. Names are shared with the snapshot that the call used.
#[derive(Clone, Debug, Default)]
pub struct CallRecord {
    /// As in the header `x-request-id`; tells when the call arrived.
    pub id: RequestId,
    /// Who made the call.
    pub origin: CallOrigin,
    /// Id of the API key; absent for calls from the console.
    pub api_key: Option<Arc<str>>,
    /// The balancer, if the call got that far.
    pub balancer: Option<BalancerId>,
    /// Serving name of the balancer.
    pub serving_name: Option<Arc<str>>,
    /// The path that was called; absent for the list of models and unknown paths.
    pub endpoint: Option<Endpoint>,
    /// Whether the answer had no content.
    pub is_empty: bool,
    /// Workload kind of the balancer.
    pub workload_kind: Option<WorkloadKind>,
    /// The decision.
    pub decision: Option<RecordedDecision>,
    /// The route that answered or was meant to.
    pub route: Option<Arc<str>>,
    /// The reason for that route.
    pub reason: Option<Reason>,
    /// The instance of the last attempt.
    pub instance_id: Option<InstanceId>,
    /// HTTP status sent to the caller; 499 if the caller left.
    pub status: u16,
    /// Code of the error sent to the caller, possibly inside a stream.
    pub code: Option<&'static str>,
    /// Whether the caller asked for a stream.
    pub stream: bool,
    /// Attempts on destinations; router calls are not among them.
    pub attempts: Vec<Attempt>,
    /// Time to decide, in milliseconds.
    pub route_ms: f64,
    /// Time to the first byte of the response, in milliseconds.
    pub first_byte_ms: Option<f64>,
    /// Time to the end of the response, in milliseconds.
    pub total_ms: f64,
    /// Tokens of the prompt and of the completion, if the upstream reported them.
    pub tokens: Option<(u64, u64)>,
}

/// The decision of a call. Of its router call only the duration is kept: no messages, no answer.
#[derive(Clone, Debug)]
pub struct RecordedDecision {
    /// The balancer that the plan was made from.
    pub(crate) balancer: Arc<CompiledBalancer>,
    pub(crate) plan: Arc<Plan>,
    /// The reason of the decision; failover may have ended at another route.
    pub(crate) reason: Option<Reason>,
    /// Duration of the router calls, in milliseconds; absent if the router model was not asked.
    pub(crate) router_ms: Option<f64>,
    /// What the router model sees of the text.
    pub excerpt: Option<Excerpt>,
    /// The router model's verdict, of now or cached; absent if there is none.
    pub(crate) verdict: Option<RouterVerdict>,
}

/// What the router model chose.
#[derive(Clone, Debug)]
pub(crate) struct RouterVerdict {
    /// A route, or the label for none. The call goes elsewhere if the model was not sure enough.
    pub(crate) chosen: Arc<str>,
    /// How sure the model was, if that is known.
    pub(crate) confidence: Option<Confidence>,
}

/// An attempt of a call.
#[derive(Clone, Debug, PartialEq)]
pub struct Attempt {
    /// The called instance.
    pub instance_id: InstanceId,
    /// What became of it.
    pub outcome: Outcome,
    /// The upstream's status, if there was one.
    pub status: Option<u16>,
    /// Duration, in milliseconds.
    pub ms: f64,
}

impl From<&Attempt> for AttemptRecord {
    fn from(attempt: &Attempt) -> Self {
        let Attempt { instance_id, outcome, status, ms } = attempt;
        Self {
            instance_id: instance_id.clone(),
            outcome: outcome.name().to_owned(),
            status: *status,
            ms: *ms,
        }
    }
}

impl CallRecord {
    /// The attempts as errors, pages and REST show them.
    pub fn shown_attempts(&self) -> Vec<AttemptRecord> {
        self.attempts.iter().map(AttemptRecord::from).collect()
    }
}

/// Destination of finished records, and the counters of calls in flight.
#[derive(Debug, Default)]
pub(crate) struct RecordSink {
    sender: Option<mpsc::Sender<CallRecord>>,
    /// Records dropped because the receiver couldn't keep up.
    pub(crate) dropped: AtomicU64,
    pub(crate) calls_in_flight: AtomicU64,
    /// Calls in flight whose answer is a stream.
    pub(crate) streams_in_flight: AtomicU64,
}

impl RecordSink {
    /// A sink that sends to this channel; without one, records are discarded.
    pub(crate) fn new(sender: Option<mpsc::Sender<CallRecord>>) -> Self {
        Self { sender, ..Self::default() }
    }

    fn send(&self, record: &mut CallRecord) {
        let Some(sender) = &self.sender else { return };
        match sender.try_reserve() {
            Ok(slot) => slot.send(std::mem::take(record)),
            Err(_) => drop(self.dropped.fetch_add(1, Relaxed)),
        }
    }
}

/// Fills the record of a running call. Dropping it sends the record; if the call wasn't finished by then, the
/// caller left.
#[derive(Debug)]
pub(crate) struct Recorder {
    record: Box<CallRecord>,
    started: Instant,
    /// When the current attempt began.
    attempt_began: Option<Instant>,
    /// The permit under the API key's limits; released when the call ends.
    permit: Option<KeyPermit>,
    /// The names in the record as headers, which are made when the configuration is published.
    balancer_header: Option<HeaderValue>,
    route_header: Option<HeaderValue>,
    instance_header: Option<HeaderValue>,
    sink: Arc<RecordSink>,
}

/// Most headers that a response of ours carries.
const HEADERS: usize = 13;
/// The status of a call whose caller left, by the convention of common proxies.
const CLIENT_CLOSED: u16 = 499;

impl Recorder {
    /// Starts the record of a call that arrives now; `endpoint` is absent if it is none of an API.
    pub(crate) fn new(sink: &Arc<RecordSink>, endpoint: impl Into<Option<Endpoint>>) -> Self {
        sink.calls_in_flight.fetch_add(1, Relaxed);
        let record = CallRecord {
            id: clock::new_request_id(),
            endpoint: endpoint.into(),
            status: CLIENT_CLOSED,
            code: Some("client_closed_request"),
            ..CallRecord::default()
        };
        Self {
            record: Box::new(record),
            started: Instant::now(),
            attempt_began: None,
            permit: None,
            balancer_header: None,
            route_header: None,
            instance_header: None,
            sink: Arc::clone(sink),
        }
    }

    /// The API whose shape errors have.
    pub(crate) fn api(&self) -> Api {
        self.record.endpoint.map(Endpoint::api).unwrap_or_default()
    }

    pub(crate) fn started_at(&self) -> Instant {
        self.started
    }

    pub(crate) fn id(&self) -> &str {
        self.record.id.as_str()
    }

    pub(crate) fn request_id(&self) -> RequestId {
        self.record.id
    }

    /// Marks a call that no API client made.
    pub(crate) fn set_origin(&mut self, origin: CallOrigin) {
        self.record.origin = origin;
    }

    pub(crate) fn attempts(&self) -> Vec<AttemptRecord> {
        self.record.shown_attempts()
    }

    pub(crate) fn record(&self) -> &CallRecord {
        &self.record
    }

    pub(crate) fn set_permit(&mut self, permit: KeyPermit) {
        self.record.api_key = Some(Arc::clone(&permit.key.id));
        self.permit = Some(permit);
    }

    /// Sets the balancer. An unsaved one is left out, because its id is empty and its names are arbitrary.
    pub(crate) fn set_balancer(&mut self, balancer: &CompiledBalancer, stream: bool) {
        let stored = &balancer.stored;
        if !stored.id.as_str().is_empty() {
            self.record.balancer = Some(stored.id.clone());
            self.record.serving_name = Some(Arc::clone(&balancer.serving_name));
            self.balancer_header = balancer.headers.serving_name.clone();
            self.record.workload_kind = Some(stored.spec.workload_kind);
        }
        self.record.stream = stream;
        self.sink.streams_in_flight.fetch_add(stream.into(), Relaxed);
    }

    /// Sets the decision: its plan, the duration of its router calls, what they are about and their verdict, and the
    /// duration of all of it, in milliseconds.
    pub(crate) fn set_decision(
        &mut self,
        balancer: &Arc<CompiledBalancer>,
        plan: &Arc<Plan>,
        router_ms: Option<f64>,
        excerpt: Option<Excerpt>,
        verdict: Option<RouterVerdict>,
        ms: f64,
    ) {
        let route = plan.routes.first().map(|it| it.route);
        self.record.route = route.and_then(|it| balancer.route_names.get(it)).cloned();
        self.route_header = route.and_then(|it| balancer.headers.routes.get(it)).cloned().flatten();
        self.record.reason = Some(plan.reason());
        self.record.route_ms = ms;
        self.record.decision = Some(RecordedDecision {
            balancer: Arc::clone(balancer),
            plan: Arc::clone(plan),
            reason: self.record.reason,
            router_ms,
            excerpt,
            verdict,
        });
    }

    /// Starts an attempt for a route of the plan.
    pub(crate) fn start_attempt(&mut self, planned: &PlannedRoute, upstream: &Upstream) {
        let record = &mut *self.record;
        if let Some(balancer) = record.decision.as_ref().map(|it| &it.balancer) {
            record.route = balancer.route_names.get(planned.route).cloned();
            self.route_header = balancer.headers.routes.get(planned.route).cloned().flatten();
        }
        record.reason = Some(planned.reason);
        record.instance_id = Some(upstream.id.clone());
        self.instance_header = upstream.id_header.clone();
        record.attempts.push(Attempt {
            instance_id: upstream.id.clone(),
            outcome: Outcome::Cancelled,
            status: None,
            ms: 0.0,
        });
        self.attempt_began = Some(Instant::now());
    }

    /// Sets the outcome of the current attempt. A later outcome, as of a stream that broke, replaces an
    /// earlier one.
    pub(crate) fn end_attempt(&mut self, outcome: &Outcome, status: Option<u16>) {
        if let (Some(attempt), Some(began)) = (self.record.attempts.last_mut(), self.attempt_began) {
            attempt.outcome = *outcome;
            attempt.status = outcome.status().or(status).or(attempt.status);
            attempt.ms = clock::millis(began.elapsed());
        }
    }

    /// Marks the beginning of the answer.
    pub(crate) fn mark_first_byte(&mut self) {
        self.record.first_byte_ms = Some(clock::millis(self.started.elapsed()));
    }

    /// Marks an answer without content.
    pub(crate) fn set_empty(&mut self, is_empty: bool) {
        self.record.is_empty = is_empty;
    }

    pub(crate) fn set_tokens(&mut self, tokens: (u64, u64)) {
        self.record.tokens = Some(tokens);
    }

    /// Sets the result that the caller gets.
    pub(crate) fn finish(&mut self, status: u16, code: Option<&'static str>) {
        self.record.status = status;
        self.record.code = code;
        self.record.total_ms = clock::millis(self.started.elapsed());
    }

    /// Writes the headers that every response carries.
    pub(crate) fn write_headers(&self, headers: &mut HeaderMap) {
        headers.reserve(HEADERS);
        let record = &*self.record;
        // For an error, the first byte is sent now.
        let first_byte_ms = record.first_byte_ms.unwrap_or_else(|| clock::millis(self.started.elapsed()));
        let early = EarlyHeaders { route_ms: Some(record.route_ms), ..self.early_headers() };
        early.write(first_byte_ms, headers);
        // An instance that does not speak the API was not asked.
        let was_asked = |it: &&Attempt| !matches!(it.outcome, Outcome::ApiNotSupported(_));
        let counted = record.attempts.iter().filter(was_asked).count();
        let counted = match counted {
            0 => HeaderValue::from_static("0"),
            1 => HeaderValue::from_static("1"),
            more => HeaderValue::from(more),
        };
        headers.insert(header_names::ATTEMPTS, counted);
        if let Some(instance) = &self.instance_header {
            headers.insert(header_names::INSTANCE, instance.clone());
        }
    }

    /// The headers that are known before an instance has answered.
    pub(crate) fn early_headers(&self) -> EarlyHeaders {
        let record = &*self.record;
        EarlyHeaders {
            id: record.id,
            api: self.api(),
            balancer: self.balancer_header.clone(),
            route: self.route_header.clone(),
            reason: record.reason,
            confidence: record.decision.as_ref().and_then(|it| it.verdict.as_ref()?.confidence),
            route_ms: record.decision.is_some().then_some(record.route_ms),
        }
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        if self.record.status == CLIENT_CLOSED {
            self.end_attempt(&Outcome::Cancelled, None);
            self.finish(CLIENT_CLOSED, self.record.code);
        }
        self.sink.calls_in_flight.fetch_sub(1, Relaxed);
        self.sink.streams_in_flight.fetch_sub(self.record.stream.into(), Relaxed);
        self.sink.send(&mut self.record);
    }
}
