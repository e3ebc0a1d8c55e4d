//! An option of the pickers for the destination of a route and for the router model.

use crate::domain::{
    config::{balancer::Destination, instance::WorkloadKind},
    routing::health::HealthState,
};

/// An instance or a target group that can be picked, with its health.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DestinationOption {
    /// What picking it means.
    pub destination: Destination,
    /// What people call it.
    pub name: String,
    /// The calls that it serves.
    pub workload_kind: WorkloadKind,
    /// Whether it is a target group.
    pub group: bool,
    /// Whether it may get traffic.
    pub enabled: bool,
    /// Whether this server itself answers for it.
    pub demo: bool,
    /// How it is doing; for a group its best member.
    pub state: HealthState,
    /// How it is doing, in words.
    pub health: String,
    /// What its last answer as a router model took, in whole milliseconds; for a group the slowest of its members.
    pub classified_ms: Option<u64>,
}

impl DestinationOption {
    /// The option's text.
    pub fn label(&self) -> String {
        format!("{} · {}", self.name, self.health)
    }

    /// The option's text in the picker of the router model, which adds how long its last classification took.
    pub fn router_label(&self) -> String {
        match self.classified_ms {
            Some(0) => format!("{} · last classified in under 1 ms", self.label()),
            Some(ms) => format!("{} · last classified in {ms} ms", self.label()),
            None => self.label(),
        }
    }

    /// Whether it can be chosen for calls of `kind`.
    pub fn serves(&self, kind: WorkloadKind) -> bool {
        self.workload_kind == kind
    }
}
