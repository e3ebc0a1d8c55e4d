//! Health of an instance as users and the API see it. Its state machine is in `machine`.

mod machine;
mod reason;

use serde::{Deserialize, Serialize};

use crate::domain::timestamp::Timestamp;
pub use machine::{
    CHECK_EVERY_MS, CHECK_LEASE_MS, CHECKS_BEFORE_PROBE, COOLING_MS, CallEnd, FAILURES_TO_EJECT,
    FIRST_EJECTION_MS, FLAG_MS, Health, JITTER, MAX_EJECTION_MS, PROBE_LEASE_MS, SLOW_START_FACTOR,
    SLOW_START_MS,
};

/// Health state of an instance.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum HealthState {
    /// The last call succeeded.
    Healthy,
    /// Not called yet.
    #[default]
    Unknown,
    /// Taken out after consecutive failures.
    Ejected,
    /// Cooling down after a 429.
    Cooling,
    /// The upstream refuses the key or the model.
    Misconfigured,
}

impl HealthState {
    /// The name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::Unknown => "unknown",
            Self::Ejected => "ejected",
            Self::Cooling => "cooling",
            Self::Misconfigured => "misconfigured",
        }
    }
}

/// The health of an instance at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct HealthView {
    /// The state.
    pub state: HealthState,
    /// End of an ejection or cooling.
    pub until: Option<Timestamp>,
    /// Cause of the state: an outcome name such as `connect_failed`; in words what the instance refuses, of a healthy
    /// one too (`refuses some calls: 404`).
    pub reason: Option<String>,
}
