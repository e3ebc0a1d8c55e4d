//! What the server is like at the moment when somebody asks.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
};

use app::domain::health::HealthState;
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

/// Where it is read from.
pub struct State {
    /// The data plane.
    pub gateway: Arc<Gateway>,
    /// What came of tries to sign in.
    pub operations: Arc<Operations>,
    /// The listener's counts.
    pub connections: Arc<listener::Counters>,
    /// The request log's counts.
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

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("State").finish_non_exhaustive()
    }
}

impl Collector for State {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let mut page = Page(encoder);
        let stats = self.gateway.stats();
        self.write_totals(&mut page, &stats)?;
        self.write_store(&mut page)?;
        write_instances(&mut page, &stats.instances)
    }
}

impl State {
    fn write_store(&self, page: &mut Page<'_>) -> fmt::Result {
        let is_reachable = self.store.is_reachable.load(Relaxed);
        let states = [("reachable", is_reachable), ("away", !is_reachable)];
        let states = states.into_iter().map(|(state, is)| ([("state", state)], u64::from(is)));
        page.family("store_state", "1 for the state that the store is in", states, ConstGauge::new)
    }

    fn write_totals(&self, page: &mut Page<'_>, stats: &GatewayStats) -> fmt::Result {
        let read = |it: &AtomicU64| it.load(Relaxed);
        let Self { connections, request_log, .. } = self;
        let dropped = stats.dropped_records + read(&request_log.dropped);
        page.gauge("calls_in_flight", "Calls under way", stats.calls)?;
        page.gauge("streams_in_flight", "Calls under way whose answer is a stream", stats.streams)?;
        page.gauge("body_bytes_held", "Bytes of large bodies of calls under way", stats.body_bytes)?;
        page.gauge("configuration_version", "The configuration that new calls get", stats.version)?;
        page.gauge("decision_cache_entries", "Decisions that are remembered", stats.decisions)?;
        page.counter("decision_cache_hits", "Decisions found remembered", stats.decision_hits)?;
        page.counter("decision_cache_misses", "Decisions looked for in vain", stats.decision_misses)?;
        page.counter(
            "decision_cache_evictions",
            "Decisions forgotten for want of room",
            stats.decision_evictions,
        )?;
        page.gauge("conversations", "Conversations that are remembered", stats.conversations)?;
        page.counter(
            "conversation_evictions",
            "Conversations forgotten for want of room",
            stats.conversation_evictions,
        )?;
        page.gauge(
            "request_log_waiting",
            "Calls that wait to be written to the request log",
            request_log.waiting(),
        )?;
        page.counter("request_log_written", "Calls written to the request log", read(&request_log.written))?;
        page.counter("request_log_dropped", "Calls that the request log lost", dropped)?;
        let tries = self.operations.sign_ins();
        page.counter("sign_ins_right", "Passwords that were right", read(&tries.right))?;
        page.counter("sign_ins_wrong", "Passwords that were wrong", read(&tries.wrong))?;
        page.counter("sign_ins_throttled", "Passwords that came too early", read(&tries.throttled))?;
        page.gauge("connections_open", "Client connections open", read(&connections.open))?;
        page.counter("connections_accepted", "Client connections accepted", read(&connections.accepted))?;
        page.counter(
            "connections_refused",
            "Client connections closed because too many were open",
            read(&connections.refused),
        )?;
        page.counter(
            "connections_failed",
            "Client connections that could not be accepted",
            read(&connections.failed),
        )?;
        page.counter(
            "tls_handshakes_failed",
            "TLS handshakes that failed or took too long",
            read(&connections.handshakes_failed),
        )?;
        page.counter(
            "connections_silent",
            "New client connections closed because nothing came",
            read(&connections.silent),
        )?;
        page.counter(
            "heads_slow",
            "Client connections closed because the head of a request took too long, or because they were idle",
            read(&connections.heads_slow),
        )?;
        page.counter(
            "heads_refused",
            "Requests refused because their heads were too large",
            read(&connections.heads_refused),
        )
    }
}

fn write_instances(page: &mut Page<'_>, instances: &[InstanceStats]) -> fmt::Result {
    let each = |figure: fn(&InstanceStats) -> u64| {
        instances.iter().map(move |it| ([("instance_id", it.id.as_str())], figure(it)))
    };
    let states = instances.iter().flat_map(|it| {
        HEALTH.map(|state| {
            let labels = [("instance_id", it.id.as_str()), ("state", state.as_str())];
            (labels, u64::from(it.health == state))
        })
    });
    let gauge = |value| ConstGauge::new(value);
    page.family("instance_calls_in_flight", "Calls under way on an instance", each(|it| it.calls), gauge)?;
    page.family("instance_health", "1 for the state that an instance is in", states, gauge)?;
    let ejections = each(|it| it.ejections);
    page.family("ejections", "Ejections since an instance was last changed", ejections, ConstCounter::new)
}

/// The page while it is written. Every name gets the prefix of this program.
struct Page<'a>(DescriptorEncoder<'a>);

impl Page<'_> {
    fn gauge(&mut self, name: &str, help: &str, value: u64) -> fmt::Result {
        self.one(name, help, &ConstGauge::new(value))
    }

    fn counter(&mut self, name: &str, help: &str, value: u64) -> fmt::Result {
        self.one(name, help, &ConstCounter::new(value))
    }

    fn one(&mut self, name: &str, help: &str, metric: &impl EncodeMetric) -> fmt::Result {
        metric.encode(self.0.encode_descriptor(&named(name), help, None, metric.metric_type())?)
    }

    fn family<L: EncodeLabelSet, M: EncodeMetric>(
        &mut self,
        name: &str,
        help: &str,
        series: impl Iterator<Item = (L, u64)>,
        metric: fn(u64) -> M,
    ) -> fmt::Result {
        let kind = metric(0).metric_type();
        let name = named(name);
        let mut family = self.0.encode_descriptor(&name, help, None, kind)?;
        for (labels, value) in series {
            metric(value).encode(family.encode_family(&labels)?)?;
        }
        Ok(())
    }
}

fn named(name: &str) -> String {
    format!("smart_balancer_{name}")
}
