//! What the data plane can tell of itself at any moment, read from the counters that it keeps anyway. Reading them
//! disturbs no call.

use std::sync::atomic::Ordering::Relaxed;

use app::domain::{health::HealthState, ids::InstanceId};

use crate::gateway::Gateway;

/// The state of the data plane. Counts are since the start.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GatewayStats {
    /// Calls under way.
    pub calls: u64,
    /// Those of them whose answer is a stream.
    pub streams: u64,
    /// Records of calls that were dropped because their receiver did not keep up.
    pub dropped_records: u64,
    /// The version of the configuration that new calls get.
    pub version: u64,
    /// Decisions that are remembered.
    pub decisions: u64,
    /// Decisions that were found remembered.
    pub decision_hits: u64,
    /// Decisions that were looked for in vain.
    pub decision_misses: u64,
    /// Decisions that were forgotten for want of room.
    pub decision_evictions: u64,
    /// Conversations that are remembered.
    pub conversations: u64,
    /// Conversations that were forgotten for want of room.
    pub conversation_evictions: u64,
    /// Bytes that large bodies of calls under way hold.
    pub body_bytes: u64,
    /// The instances, ordered by id.
    pub instances: Vec<InstanceStats>,
}

/// The state of one instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InstanceStats {
    /// Which.
    pub id: InstanceId,
    /// How it is doing.
    pub health: HealthState,
    /// Its calls under way, router calls included.
    pub calls: u64,
    /// How often it was ejected since it was last changed.
    pub ejections: u64,
}

impl Gateway {
    /// How it stands now. Each figure is of its own moment.
    pub fn stats(&self) -> GatewayStats {
        let shared = &self.shared;
        let snapshot = self.snapshot.load();
        let [decisions, decision_hits, decision_misses, decision_evictions] = shared.decisions.stats();
        let [conversations, conversation_evictions] = shared.conversations.stats();
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
            body_bytes: self.body_budget.held(),
            instances,
        }
    }
}
