//! Metrics of the current state of the server, read when scraped.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
};

use app::domain::routing::health::HealthState;
use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeLabelSet, EncodeMetric},
    metrics::{counter::ConstCounter, gauge::ConstGauge},
};

use super::request_log::RequestLogCounters;
use crate::{
    gateway::{Gateway, GatewayStats, InstanceStats, listener},
    operations::Operations,
    store::Store,
};

/// Reads the state of the server.
pub struct StateCollector {
    /// The data plane.
    pub gateway: Arc<Gateway>,
    /// Source of the sign-in counters.
    pub operations: Operations,
    /// The listener's counters.
    pub connections: Arc<listener::Counters>,
    /// The request log's counters.
    pub request_log: Arc<RequestLogCounters>,
    /// Whether the store was reachable when it was last asked.
    pub store: Arc<StoreProbe>,
}

/// Whether the store is reachable. The collector cannot wait for it, so it is asked before.
#[derive(Debug)]
pub struct StoreProbe {
    store: Store,
    is_reachable: AtomicBool,
}

impl StoreProbe {
    /// The probe of a store that has just been opened.
    pub fn new(store: Store) -> Self {
        Self { store, is_reachable: AtomicBool::new(true) }
    }

    /// Asks the store, for half a second at most.
    pub async fn refresh(&self) {
        self.is_reachable.store(self.store.is_reachable().await, Relaxed);
    }
}

const HEALTH: [HealthState; 5] = [
    HealthState::Healthy,
    HealthState::Unknown,
    HealthState::Ejected,
    HealthState::Cooling,
    HealthState::Misconfigured,
];

impl fmt::Debug for StateCollector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StateCollector").finish_non_exhaustive()
    }
}

impl Collector for StateCollector {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let mut writer = MetricsWriter(encoder);
        let stats = self.gateway.stats();
        self.write_totals(&mut writer, &stats)?;
        self.write_store(&mut writer)?;
        write_instances(&mut writer, &stats.instances)
    }
}

impl StateCollector {
    fn write_store(&self, writer: &mut MetricsWriter<'_>) -> fmt::Result {
        let is_reachable = self.store.is_reachable.load(Relaxed);
        let states = [("reachable", is_reachable), ("away", !is_reachable)];
        let states = states.into_iter().map(|(state, is)| ([("state", state)], u64::from(is)));
        writer.family("store_state", "1 for the state that the store is in", states, ConstGauge::new)
    }

    fn write_totals(&self, writer: &mut MetricsWriter<'_>, stats: &GatewayStats) -> fmt::Result {
        let read = |it: &AtomicU64| it.load(Relaxed);
        let Self { connections, request_log, .. } = self;
        let dropped = stats.dropped_records + read(&request_log.dropped);
        writer.gauge("calls_in_flight", "Calls in flight", stats.calls)?;
        writer.gauge("streams_in_flight", "Calls in flight whose answer is a stream", stats.streams)?;
        writer.gauge("body_bytes_held", "Bytes of large bodies of calls in flight", stats.body_bytes)?;
        writer.gauge(
            "configuration_version",
            "Version of the configuration that new calls use",
            stats.version,
        )?;
        writer.gauge("decision_cache_entries", "Entries in the decision cache", stats.decisions)?;
        writer.counter("decision_cache_hits", "Hits of the decision cache", stats.decision_hits)?;
        writer.counter("decision_cache_misses", "Misses of the decision cache", stats.decision_misses)?;
        writer.counter(
            "decision_cache_evictions",
            "Entries evicted from the decision cache",
            stats.decision_evictions,
        )?;
        writer.gauge("conversations", "Remembered conversations", stats.conversations)?;
        writer.counter("conversation_evictions", "Evicted conversations", stats.conversation_evictions)?;
        let responses = "Responses and conversations whose instance is remembered";
        writer.gauge("stored_responses", responses, stats.stored_responses)?;
        let evicted = "Evicted responses and conversations";
        writer.counter("stored_response_evictions", evicted, stats.stored_response_evictions)?;
        writer.gauge(
            "request_log_waiting",
            "Calls waiting to be written to the request log",
            request_log.waiting(),
        )?;
        writer.counter(
            "request_log_written",
            "Calls written to the request log",
            read(&request_log.written),
        )?;
        writer.counter("request_log_dropped", "Calls lost from the request log", dropped)?;
        let sign_ins = self.operations.sign_ins();
        writer.counter("sign_ins_right", "Sign-ins with the right password", read(&sign_ins.right))?;
        writer.counter("sign_ins_wrong", "Sign-ins with a wrong password", read(&sign_ins.wrong))?;
        writer.counter("sign_ins_throttled", "Sign-ins refused by throttling", read(&sign_ins.throttled))?;
        writer.gauge("connections_open", "Client connections open", read(&connections.open))?;
        writer.counter("connections_accepted", "Client connections accepted", read(&connections.accepted))?;
        writer.counter(
            "connections_refused",
            "Client connections closed because too many were open",
            read(&connections.refused),
        )?;
        writer.counter(
            "connections_failed",
            "Client connections that could not be accepted",
            read(&connections.failed),
        )?;
        writer.counter(
            "tls_handshakes_failed",
            "TLS handshakes that failed or took too long",
            read(&connections.handshakes_failed),
        )?;
        writer.counter(
            "connections_silent",
            "New client connections closed because they sent nothing",
            read(&connections.silent),
        )?;
        writer.counter(
            "heads_slow",
            "Client connections closed because a request head took too long or they were idle",
            read(&connections.heads_slow),
        )?;
        writer.counter(
            "heads_refused",
            "Requests refused because their head was too large",
            read(&connections.heads_refused),
        )
    }
}

fn write_instances(writer: &mut MetricsWriter<'_>, instances: &[InstanceStats]) -> fmt::Result {
    let per_instance = |value_of: fn(&InstanceStats) -> u64| {
        instances.iter().map(move |it| ([("instance_id", it.id.as_str())], value_of(it)))
    };
    let states = instances.iter().flat_map(|it| {
        HEALTH.map(|state| {
            let labels = [("instance_id", it.id.as_str()), ("state", state.as_str())];
            (labels, u64::from(it.health == state))
        })
    });
    let gauge = |value| ConstGauge::new(value);
    writer.family(
        "instance_calls_in_flight",
        "Calls in flight on an instance",
        per_instance(|it| it.calls),
        gauge,
    )?;
    writer.family("instance_health", "1 for the current health of an instance", states, gauge)?;
    let ejections = per_instance(|it| it.ejections);
    writer.family("ejections", "Ejections since the instance was last changed", ejections, ConstCounter::new)
}

/// Writes metrics, each with the prefix `smart_balancer_`.
struct MetricsWriter<'a>(DescriptorEncoder<'a>);

impl MetricsWriter<'_> {
    fn gauge(&mut self, name: &str, help: &str, value: u64) -> fmt::Result {
        self.write(name, help, &ConstGauge::new(value))
    }

    fn counter(&mut self, name: &str, help: &str, value: u64) -> fmt::Result {
        self.write(name, help, &ConstCounter::new(value))
    }

    fn write(&mut self, name: &str, help: &str, metric: &impl EncodeMetric) -> fmt::Result {
        metric.encode(self.0.encode_descriptor(&prefixed(name), help, None, metric.metric_type())?)
    }

    fn family<L: EncodeLabelSet, M: EncodeMetric>(
        &mut self,
        name: &str,
        help: &str,
        series: impl Iterator<Item = (L, u64)>,
        metric: fn(u64) -> M,
    ) -> fmt::Result {
        let kind = metric(0).metric_type();
        let name = prefixed(name);
        let mut family = self.0.encode_descriptor(&name, help, None, kind)?;
        for (labels, value) in series {
            metric(value).encode(family.encode_family(&labels)?)?;
        }
        Ok(())
    }
}

fn prefixed(name: &str) -> String {
    format!("smart_balancer_{name}")
}
