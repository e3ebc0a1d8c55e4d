//! What a route or a router model may point at, with its health, as pickers and tables show it.

use serde::{Deserialize, Serialize};

use crate::domain::{config::instance::WorkloadKind, routing::health::HealthState};

#[cfg(feature = "ssr")]
pub(crate) use read::offers;

#[cfg(feature = "ssr")]
mod read;

/// One option of a destination picker.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Offer {
    /// The option's value, `instance:inst_a` or `target_group:tg_b`.
    pub(crate) value: String,
    /// What people call it.
    pub(crate) name: String,
    /// The calls that it serves.
    pub(crate) workload_kind: WorkloadKind,
    /// Whether it is a target group.
    pub(crate) group: bool,
    /// Whether it may get traffic.
    pub(crate) enabled: bool,
    /// Whether this server itself answers for it.
    pub(crate) demo: bool,
    /// How it is doing; for a group its best member.
    pub(crate) state: HealthState,
    /// How it is doing, in words.
    pub(crate) health: String,
    /// What its last answer as a router model took, in whole milliseconds; for a group the slowest of its members.
    pub(crate) classified_ms: Option<u64>,
}

impl Offer {
    /// The option's text.
    pub(crate) fn label(&self) -> String {
        format!("{} · {}", self.name, self.health)
    }

    /// The same for a router model: what choosing a route took it the last time.
    pub(crate) fn router_label(&self) -> String {
        match self.classified_ms {
            Some(0) => format!("{} · last classified in under 1 ms", self.label()),
            Some(ms) => format!("{} · last classified in {ms} ms", self.label()),
            None => self.label(),
        }
    }

    /// Whether it can be chosen for calls of `kind`.
    pub(crate) fn serves(&self, kind: WorkloadKind) -> bool {
        self.workload_kind == kind
    }
}
