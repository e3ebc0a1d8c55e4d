//! Statistics of the data plane, read from counters that exist anyway. Reading them disturbs no call.

use std::sync::atomic::Ordering::Relaxed;

use app::domain::{ids::InstanceId, routing::health::HealthState};

use crate::gateway::Gateway;

/// The state of the data plane. Totals are since the start.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GatewayStats {
    /// Calls in flight.
    pub calls: u64,
    /// Calls in flight whose answer is a stream.
    pub streams: u64,
    /// Records dropped because their receiver couldn't keep up.
    pub dropped_records: u64,
    /// Version of the configuration that new calls use.
    pub version: u64,
    /// Entries in the decision cache.
    pub decisions: u64,
    /// Hits of the decision cache.
    pub decision_hits: u64,
    /// Misses of the decision cache.
    pub decision_misses: u64,
    /// Entries evicted from the decision cache.
    pub decision_evictions: u64,
    /// Remembered conversations.
    pub conversations: u64,
    /// Evicted conversations.
    pub conversation_evictions: u64,
    /// Responses and conversations whose instance is remembered.
    pub stored_responses: u64,
    /// Evicted ones.
    pub stored_response_evictions: u64,
    /// Bytes that large bodies of calls in flight hold.
    pub body_bytes: u64,
    /// The instances, ordered by id.
    pub instances: Vec<InstanceStats>,
}

/// The state of one instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InstanceStats {
    /// Id of the instance.
    pub id: InstanceId,
    /// Its current health.
    pub health: HealthState,
    /// Calls in flight, router calls included.
    pub calls: u64,
    /// Ejections since the instance was last changed.
    pub ejections: u64,
}

impl Gateway {
    /// The current statistics; not one consistent moment, since each counter is read on its own.
    pub fn stats(&self) -> GatewayStats {
        let shared = &self.shared;
        let snapshot = self.snapshot.load();
        let [decisions, decision_hits, decision_misses, decision_evictions] = shared.decisions.stats();
        let [conversations, conversation_evictions] = shared.conversations.stats();
        let [stored_responses, stored_response_evictions] = shared.responses.stats();
        let instances = snapshot.upstreams().map(|it| {
            let [calls, ejections] = it.health.counts();
            InstanceStats { id: it.id.clone(), health: it.health.view().state, calls, ejections }
        });
        let mut instances: Vec<_> = instances.collect();
        instances.sort_by(|a, b| a.id.cmp(&b.id));
        GatewayStats {
            calls: shared.sink.calls_in_flight.load(Relaxed),
            streams: shared.sink.streams_in_flight.load(Relaxed),
            dropped_records: shared.sink.dropped.load(Relaxed),
            version: snapshot.version(),
            decisions,
            decision_hits,
            decision_misses,
            decision_evictions,
            conversations,
            conversation_evictions,
            stored_responses,
            stored_response_evictions,
            body_bytes: self.body_budget.held(),
            instances,
        }
    }
}
