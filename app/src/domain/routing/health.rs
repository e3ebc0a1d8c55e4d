//! How an instance is doing: as people and the API see it here, and the machine behind it in `machine`.

mod machine;

use serde::{Deserialize, Serialize};

use crate::domain::timestamp::Timestamp;
pub use machine::{
    CHECK_EVERY_MS, CHECK_LEASE_MS, CHECKS_BEFORE_PROBE, COOLING_MS, FAILURES_TO_EJECT, FIRST_REST_MS,
    FIRST_WARMTH, Health, JITTER, LONGEST_REST_MS, PROBE_LEASE_MS, WARM_UP_MS,
};

/// The states of an instance.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum HealthState {
    /// Its last call went well.
    Healthy,
    /// Not called yet.
    #[default]
    Unknown,
    /// Resting after failures in a row.
    Ejected,
    /// Waiting out a `Retry-After`.
    Cooling,
    /// Refuses our key or model.
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

/// The health of one instance at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct HealthView {
    /// How it is.
    pub state: HealthState,
    /// When an ejection or cooling ends.
    pub until: Option<Timestamp>,
    /// What led to the state, as an outcome name such as `connect_failed`.
    pub reason: Option<String>,
}
