//! One record for each call, kept while the call runs and sent off when it ends, however it ends.
//!
//! It holds what was decided and what was tried; no prompt, no answer, no key. Sending never waits: where the
//! receiver does not keep up, records are dropped and counted. Who receives them is not known here. The headers of an
//! answer are written from it too, so that they and the log cannot differ.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Instant,
};

use app::domain::{
    configuration::StoredBalancer,
    decision::{AttemptRecord, Decision, Reason, RouterTrace},
    ids::{BalancerId, InstanceId},
    instance::WorkloadKind,
    outcome::Outcome,
    timestamp::Timestamp,
};
use axum::http::{HeaderMap, HeaderValue};
use tokio::sync::mpsc;

use super::header_names;
use crate::gateway::state::{api_keys::KeyPermit, clock};

/// What is known of a call once it is over.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CallRecord {
    /// Its id, `req_…`; the header `x-request-id` carries it.
    pub id: String,
    /// When it came in.
    pub at: Timestamp,
    /// The id of the API key; absent for calls from the console.
    pub api_key: Option<String>,
    /// The balancer, where the call got that far.
    pub balancer: Option<BalancerId>,
    /// The balancer's serving name.
    pub serving_name: Option<String>,
    /// What the balancer serves.
    pub workload_kind: Option<WorkloadKind>,
    /// The decision, without what was asked of the router model and what it said: of that, only what it took.
    pub decision: Option<Decision>,
    /// The route that answered, or was to answer.
    pub route: Option<String>,
    /// Why that route.
    pub reason: Option<Reason>,
    /// The instance of the last attempt.
    pub instance_id: Option<InstanceId>,
    /// The status that the caller got; 499 where the caller left.
    pub status: u16,
    /// The code of the error that the caller got, in the stream perhaps.
    pub code: Option<&'static str>,
    /// Whether the answer was asked for as a stream.
    pub stream: bool,
    /// Every attempt on a destination.
    pub attempts: Vec<AttemptRecord>,
    /// What the decision took, in milliseconds.
    pub route_ms: f64,
    /// From the call to the first byte of its answer, in milliseconds.
    pub first_byte_ms: Option<f64>,
    /// The whole call, in milliseconds.
    pub total_ms: f64,
    /// Tokens of the prompt and of the answer, where the upstream told.
    pub tokens: Option<(u64, u64)>,
}

impl CallRecord {
    /// The id of the call's decision. One that was refused before anything was decided has it all the same, so that every
    /// answer can be named by it.
    pub fn decision_id(&self) -> String {
        header_names::decision_id(&self.id)
    }
}

/// Where records go.
#[derive(Debug, Default)]
pub(crate) struct RecordSink {
    sender: Option<mpsc::Sender<CallRecord>>,
    /// Records that were dropped because the receiver did not keep up.
    pub(crate) dropped: AtomicU64,
    /// Calls under way.
    pub(crate) calls_in_flight: AtomicU64,
    /// Those of them whose answer is a stream.
    pub(crate) streams_in_flight: AtomicU64,
}

impl RecordSink {
    /// A sink that hands records to this receiver; to nobody where there is none.
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

/// The record of a call that still runs. Dropping it sends it: a call that was never finished was left.
#[derive(Debug)]
pub(crate) struct Recorder {
    record: Box<CallRecord>,
    started: Instant,
    /// When the attempt began that still runs.
    attempt_began: Option<Instant>,
    /// The call's place under its key's limits; given back when the call is over.
    permit: Option<KeyPermit>,
    sink: Arc<RecordSink>,
}

/// The status of a call whose caller left, as common proxies log it.
const CLIENT_CLOSED: u16 = 499;

impl Recorder {
    /// The record of a call that comes in now.
    pub(crate) fn new(sink: &Arc<RecordSink>) -> Self {
        sink.calls_in_flight.fetch_add(1, Relaxed);
        let record = CallRecord {
            id: clock::new_id("req_"),
            at: crate::clock::now(),
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

    /// It is for that balancer. One that is not saved has no id, and its names are nobody's.
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

    /// An attempt begins, on behalf of that route.
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

    /// The attempt that runs came to this; a later word, for a stream that broke off, replaces an earlier one.
    pub(crate) fn end_attempt(&mut self, outcome: &Outcome, status: Option<u16>) {
        if let (Some(attempt), Some(began)) = (self.record.attempts.last_mut(), self.attempt_began) {
            outcome.name().clone_into(&mut attempt.outcome);
            attempt.status = outcome.status().or(status).or(attempt.status);
            attempt.ms = clock::millis(began.elapsed());
        }
    }

    /// The answer begins now.
    pub(crate) fn mark_first_byte(&mut self) {
        self.record.first_byte_ms = Some(clock::millis(self.started.elapsed()));
    }

    pub(crate) fn set_tokens(&mut self, tokens: (u64, u64)) {
        self.record.tokens = Some(tokens);
    }

    /// The caller got this.
    pub(crate) fn finish(&mut self, status: u16, code: Option<&'static str>) {
        self.record.status = status;
        self.record.code = code;
        self.record.total_ms = clock::millis(self.started.elapsed());
    }

    /// The headers that every answer carries.
    pub(crate) fn write_headers(&self, headers: &mut HeaderMap) {
        let record = &*self.record;
        let mut insert = |name, value: &str| {
            if let Ok(value) = HeaderValue::from_str(value) {
                headers.insert(name, value);
            }
        };
        insert(header_names::REQUEST_ID, &record.id);
        insert(header_names::DECISION, &record.decision_id());
        insert(header_names::ATTEMPTS, &record.attempts.len().to_string());
        let texts = [
            (header_names::BALANCER, record.serving_name.as_deref()),
            (header_names::ROUTE, record.route.as_deref()),
            (header_names::REASON, record.reason.map(Reason::as_str)),
            (header_names::INSTANCE, record.instance_id.as_ref().map(InstanceId::as_str)),
        ];
        for (name, value) in texts {
            if let Some(value) = value {
                insert(name, value);
            }
        }
        // An error, or a keep-alive, is the first byte that its caller gets.
        let first_byte = record.first_byte_ms.unwrap_or_else(|| clock::millis(self.started.elapsed()));
        insert(
            header_names::SERVER_TIMING,
            &format!("route;dur={}, first_byte;dur={first_byte}", record.route_ms),
        );
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
