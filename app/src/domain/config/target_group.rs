//! Target groups: named pools of instances that several balancers may share.

use serde::{Deserialize, Serialize};

use super::instance::WorkloadKind;
use crate::domain::ids::InstanceId;

/// How a group picks a member of its best available tier.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum SelectionPolicy {
    /// Exact shares by weight, evenly interleaved.
    #[default]
    WeightedRoundRobin,
    /// Random shares by weight.
    WeightedRandom,
    /// The less loaded of two members drawn by weight.
    LeastInFlight,
    /// The lowest moving average of time to first byte; members without samples first.
    LowestLatency,
    /// The best member of the best tier, without spreading.
    Priority,
    /// The same session always goes to the same member; shares by weight.
    SessionHash,
}

impl SelectionPolicy {
    /// All values, in display order.
    pub const ALL: [Self; 6] = [
        Self::WeightedRoundRobin,
        Self::WeightedRandom,
        Self::LeastInFlight,
        Self::LowestLatency,
        Self::Priority,
        Self::SessionHash,
    ];

    /// The name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::WeightedRoundRobin => "weighted_round_robin",
            Self::WeightedRandom => "weighted_random",
            Self::LeastInFlight => "least_in_flight",
            Self::LowestLatency => "lowest_latency",
            Self::Priority => "priority",
            Self::SessionHash => "session_hash",
        }
    }
}

/// A member of a group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct Member {
    /// The member's instance.
    #[cfg_attr(feature = "ssr", schema(required = true))]
    pub instance_id: InstanceId,
    /// Share of its tier's traffic, 0–1 000 000; 0 means never, not even in failover.
    pub weight: u64,
    /// Whether it may receive traffic.
    pub enabled: bool,
    /// Tier, from 1; lower tiers are used first.
    pub priority: u64,
}

impl Default for Member {
    fn default() -> Self {
        Self { instance_id: InstanceId::default(), weight: 100, enabled: true, priority: 1 }
    }
}

/// A named pool of instances with a selection policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct TargetGroup {
    /// A unique slug.
    #[cfg_attr(feature = "ssr", schema(required = true))]
    pub name: String,
    /// Display name, up to 120 characters.
    pub display_name: String,
    /// Up to 500 characters.
    pub description: String,
    /// The kind of calls served.
    pub workload_kind: WorkloadKind,
    /// How a member is picked.
    pub selection_policy: SelectionPolicy,
    /// Whether it may receive traffic.
    pub enabled: bool,
    /// 1–256 members.
    #[cfg_attr(feature = "ssr", schema(required = true))]
    pub members: Vec<Member>,
}

impl Default for TargetGroup {
    fn default() -> Self {
        Self {
            name: String::new(),
            display_name: String::new(),
            description: String::new(),
            workload_kind: WorkloadKind::Chat,
            selection_policy: SelectionPolicy::WeightedRoundRobin,
            enabled: true,
            members: Vec::new(),
        }
    }
}
