//! Options of the pickers for a route's destination and for the router model.

use crate::domain::{
    config::{balancer::Destination, instance::WorkloadKind},
    routing::health::HealthState,
};

/// A selectable instance or target group, with its health.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DestinationOption {
    /// The destination that the option stands for.
    pub destination: Destination,
    /// Display name.
    pub name: String,
    /// The kind of calls served.
    pub workload_kind: WorkloadKind,
    /// Whether it is a target group.
    pub group: bool,
    /// Whether it may receive traffic.
    pub enabled: bool,
    /// Whether it is served by this server's demo.
    pub demo: bool,
    /// Health; for a group that of its best member.
    pub state: HealthState,
    /// Health as text.
    pub health: String,
    /// Duration of the last classification in milliseconds; for a group that of its slowest member.
    pub classified_ms: Option<u64>,
}

impl DestinationOption {
    /// Label of the row.
    pub fn label(&self) -> String {
        format!("{} · {}", self.name, self.health)
    }

    /// Text of the option in the router model picker, with the duration of the last classification.
    pub fn router_label(&self) -> String {
        match self.classified_ms {
            Some(0) => format!("{} · last classified in under 1 ms", self.label()),
            Some(ms) => format!("{} · last classified in {ms} ms", self.label()),
            None => self.label(),
        }
    }

    /// Whether it can be a router model.
    pub fn may_route(&self) -> bool {
        self.workload_kind.may_route()
    }

    /// Whether it can serve calls of `kind`.
    pub fn serves(&self, kind: WorkloadKind) -> bool {
        self.workload_kind == kind
    }
}
