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
    config::{configuration::StoredBalancer, instance::WorkloadKind},
    ids::{BalancerId, InstanceId},
    routing::{
        decision::{AttemptRecord, Decision, Reason, RouterTrace},
        outcome::Outcome,
    },
    timestamp::Timestamp,
};
use axum::http::{HeaderMap, HeaderValue};
use tokio::{sync::mpsc, time::Instant};

use super::{header_names, headers};
use crate::gateway::state::{api_keys::KeyPermit, clock};

/// Everything known about a finished call.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CallRecord {
    /// `req_…`, as in the header `x-request-id`.
    pub id: String,
    /// When the call arrived.
    pub at: Timestamp,
    /// Id of the API key; absent for calls from the console.
    pub api_key: Option<String>,
    /// The balancer, if the call got that far.
    pub balancer: Option<BalancerId>,
    /// Serving name of the balancer.
    pub serving_name: Option<String>,
    /// The path that was called; absent for the list of models and unknown paths.
    pub endpoint: Option<Endpoint>,
    /// Whether the answer had no content.
    pub is_empty: bool,
    /// Workload kind of the balancer.
    pub workload_kind: Option<WorkloadKind>,
    /// The decision. Of its router call only the duration is kept: no messages, no answer.
    pub decision: Option<Decision>,
    /// The route that answered or was meant to.
    pub route: Option<String>,
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
    pub attempts: Vec<AttemptRecord>,
    /// Time to decide, in milliseconds.
    pub route_ms: f64,
    /// Time to the first byte of the response, in milliseconds.
    pub first_byte_ms: Option<f64>,
    /// Time to the end of the response, in milliseconds.
    pub total_ms: f64,
    /// Tokens of the prompt and of the completion, if the upstream reported them.
    pub tokens: Option<(u64, u64)>,
}

impl CallRecord {
    /// Id of the decision. Calls that are refused before a decision have one too, so every response can
    /// be looked up by it.
    pub fn decision_id(&self) -> String {
        header_names::decision_id(&self.id)
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
    sink: Arc<RecordSink>,
}

/// Name of the outcome of an instance that does not speak the API, which counts as no attempt.
const API_NOT_SUPPORTED: &str = Outcome::ApiNotSupported(0).name();

/// The status of a call whose caller left, by the convention of common proxies.
const CLIENT_CLOSED: u16 = 499;

impl Recorder {
    /// Starts the record of a call that arrives now; `endpoint` is absent if it is none of an API.
    pub(crate) fn new(sink: &Arc<RecordSink>, endpoint: impl Into<Option<Endpoint>>) -> Self {
        sink.calls_in_flight.fetch_add(1, Relaxed);
        let record = CallRecord {
            id: clock::new_id("req_"),
            at: crate::clock::now(),
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
        &self.record.id
    }

    pub(crate) fn attempts(&self) -> &[AttemptRecord] {
        &self.record.attempts
    }

    pub(crate) fn record(&self) -> &CallRecord {
        &self.record
    }

    pub(crate) fn set_permit(&mut self, permit: KeyPermit) {
        self.record.api_key = Some(permit.key.record.id.clone());
        self.permit = Some(permit);
    }

    /// Sets the balancer. An unsaved one is left out, because its id is empty and its names are arbitrary.
    pub(crate) fn set_balancer(&mut self, balancer: &StoredBalancer, stream: bool) {
        if !balancer.id.as_str().is_empty() {
            self.record.balancer = Some(balancer.id.clone());
            self.record.serving_name = Some(balancer.spec.serving_name.clone());
            self.record.workload_kind = Some(balancer.spec.workload_kind);
        }
        self.record.stream = stream;
        self.sink.streams_in_flight.fetch_add(stream.into(), Relaxed);
    }

    pub(crate) fn set_decision(&mut self, decision: &Decision) {
        self.record.route = Some(decision.route.clone());
        self.record.reason = Some(decision.reason);
        self.record.route_ms = decision.ms;
        self.record.decision = Some(Decision {
            id: decision.id.clone(),
            route: decision.route.clone(),
            reason: decision.reason,
            candidates: decision.candidates.clone(),
            router: decision.router.as_ref().map(|it| RouterTrace { ms: it.ms, ..RouterTrace::default() }),
            ms: decision.ms,
        });
    }

    /// Starts an attempt for a route.
    pub(crate) fn start_attempt(&mut self, route: &str, reason: Reason, instance: &InstanceId) {
        if self.record.route.as_deref() != Some(route) {
            self.record.route = Some(route.to_owned());
        }
        self.record.reason = Some(reason);
        self.record.instance_id = Some(instance.clone());
        self.attempt_began = Some(Instant::now());
        self.record.attempts.push(AttemptRecord {
            instance_id: instance.clone(),
            outcome: Outcome::Cancelled.name().to_owned(),
            status: None,
            ms: 0.0,
        });
    }

    /// Sets the outcome of the current attempt. A later outcome, as of a stream that broke, replaces an
    /// earlier one.
    pub(crate) fn end_attempt(&mut self, outcome: &Outcome, status: Option<u16>) {
        if let (Some(attempt), Some(began)) = (self.record.attempts.last_mut(), self.attempt_began) {
            outcome.name().clone_into(&mut attempt.outcome);
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
        self.write_early_headers(headers);
        let record = &*self.record;
        let counted = record.attempts.iter().filter(|it| it.outcome != API_NOT_SUPPORTED).count();
        headers.insert(header_names::ATTEMPTS, HeaderValue::from(counted));
        let instance = record.instance_id.as_ref().and_then(|it| HeaderValue::from_str(it.as_str()).ok());
        if let Some(instance) = instance {
            headers.insert(header_names::INSTANCE, instance);
        }
    }

    /// Writes the headers that are known before an instance has answered.
    pub(crate) fn write_early_headers(&self, headers: &mut HeaderMap) {
        let record = &*self.record;
        let mut insert = |name, value: &str| {
            if let Ok(value) = HeaderValue::from_str(value) {
                headers.insert(name, value);
            }
        };
        insert(header_names::REQUEST_ID, &record.id);
        insert(header_names::DECISION, &record.decision_id());
        if self.api() == Api::Messages {
            insert(header_names::ANTHROPIC_REQUEST_ID, &record.id);
        }
        let texts = [
            (header_names::BALANCER, record.serving_name.as_deref()),
            (header_names::ROUTE, record.route.as_deref()),
            (header_names::REASON, record.reason.map(Reason::as_str)),
        ];
        for (name, value) in texts {
            if let Some(value) = value {
                insert(name, value);
            }
        }
        // For an error or a keep-alive comment, the first byte is sent now.
        let first_byte = record.first_byte_ms.unwrap_or_else(|| clock::millis(self.started.elapsed()));
        insert(header_names::SERVER_TIMING, &headers::server_timing(Some(record.route_ms), first_byte));
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
