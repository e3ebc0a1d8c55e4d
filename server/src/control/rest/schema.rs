//! Types for the OpenAPI document only: bodies that callers write, and views whose own types are generic, which the
//! document could not tell apart.

use app::domain::{
    config::{balancer::Balancer, instance::Instance, target_group::TargetGroup},
    console::spoken_apis::LearnedApis,
    ids::{BalancerId, InstanceId},
    routing::health::HealthView,
    timestamp::Timestamp,
};
use utoipa::ToSchema;

/// An instance, as read.
#[derive(Debug, ToSchema, serde::Serialize)]
pub struct InstanceRead {
    /// Its id; never changes.
    pub id: InstanceId,
    /// The settings.
    #[serde(flatten)]
    pub spec: Instance,
    /// Number of saves, from 1.
    pub revision: u64,
    /// Creation time.
    pub created_at: Timestamp,
    /// Time of the last change.
    pub updated_at: Timestamp,
    /// Current health.
    pub health: HealthView,
    /// What calls taught about the APIs that it speaks; nothing is shown of the others.
    pub apis_learned: LearnedApis,
}

/// A balancer, as read.
#[derive(Debug, ToSchema, serde::Serialize)]
pub struct BalancerRead {
    /// Its id; never changes.
    pub id: BalancerId,
    /// The settings.
    #[serde(flatten)]
    pub spec: Balancer,
    /// Number of saves, from 1.
    pub revision: u64,
    /// Creation time.
    pub created_at: Timestamp,
    /// Time of the last change.
    pub updated_at: Timestamp,
}

/// An instance, as written.
#[derive(Debug, ToSchema, serde::Serialize)]
pub struct InstanceBody {
    /// `inst_` and a slug; derived from the name by default. Only on creation.
    pub id: Option<String>,
    /// The settings.
    #[serde(flatten)]
    pub spec: Instance,
    /// The upstream key, write-only: absent or empty keeps the old one, `null` removes it.
    pub api_key: Option<String>,
    /// The revision that an edit was made from; required by PUT and PATCH.
    pub revision: Option<u64>,
}

/// The connection to a server.
#[derive(Debug, ToSchema, serde::Serialize)]
pub struct ConnectionBody {
    /// The address, as in an instance.
    pub base_url: String,
    /// The API key, if the server wants one.
    pub api_key: Option<String>,
    /// The header of the key, `authorization` by default.
    pub auth_header: Option<String>,
    /// Additional headers with their values.
    pub headers: Option<std::collections::BTreeMap<String, String>>,
}

/// A target group, as written.
#[derive(Debug, ToSchema, serde::Serialize)]
pub struct TargetGroupBody {
    /// `tg_` and a slug; derived from the name by default. Only on creation.
    pub id: Option<String>,
    /// The settings.
    #[serde(flatten)]
    pub spec: TargetGroup,
    /// The revision that an edit was made from; required by PUT and PATCH.
    pub revision: Option<u64>,
}

/// A balancer, as written.
#[derive(Debug, ToSchema, serde::Serialize)]
pub struct BalancerBody {
    /// `sb_` and a slug; derived from the name by default. Only on creation.
    pub id: Option<String>,
    /// The settings.
    #[serde(flatten)]
    pub spec: Balancer,
    /// The revision that an edit was made from; required by PUT and PATCH.
    pub revision: Option<u64>,
}
