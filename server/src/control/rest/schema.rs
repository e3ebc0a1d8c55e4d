//! Shapes that only the OpenAPI document needs: what a caller writes, and what is read where its own type is made of
//! generic parts, which the document could not tell apart.

use app::domain::{
    config::{balancer::Balancer, instance::Instance, target_group::TargetGroup},
    ids::{BalancerId, InstanceId},
    routing::health::HealthView,
    timestamp::Timestamp,
};
use utoipa::ToSchema;

/// An instance as it is read.
#[derive(Debug, ToSchema, serde::Serialize)]
pub struct InstanceRead {
    /// Its id; never changes.
    pub id: InstanceId,
    /// What is set.
    #[serde(flatten)]
    pub spec: Instance,
    /// Counts its saved changes, from 1.
    pub revision: u64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// How it is doing.
    pub health: HealthView,
}

/// A balancer as it is read.
#[derive(Debug, ToSchema, serde::Serialize)]
pub struct BalancerRead {
    /// Its id; never changes.
    pub id: BalancerId,
    /// What is set.
    #[serde(flatten)]
    pub spec: Balancer,
    /// Counts its saved changes, from 1.
    pub revision: u64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// An instance as it is written.
#[derive(Debug, ToSchema, serde::Serialize)]
pub struct InstanceBody {
    /// `inst_` and a slug; made from the name where absent. Only on creation.
    pub id: Option<String>,
    /// What is set.
    #[serde(flatten)]
    pub spec: Instance,
    /// The upstream key, write-only: absent or empty keeps the old one, `null` removes it.
    pub api_key: Option<String>,
    /// The revision that an edit was made from; required by PUT and PATCH.
    pub revision: Option<u64>,
}

/// A target group as it is written.
#[derive(Debug, ToSchema, serde::Serialize)]
pub struct TargetGroupBody {
    /// `tg_` and a slug; made from the name where absent. Only on creation.
    pub id: Option<String>,
    /// What is set.
    #[serde(flatten)]
    pub spec: TargetGroup,
    /// The revision that an edit was made from; required by PUT and PATCH.
    pub revision: Option<u64>,
}

/// A balancer as it is written.
#[derive(Debug, ToSchema, serde::Serialize)]
pub struct BalancerBody {
    /// `sb_` and a slug; made from the name where absent. Only on creation.
    pub id: Option<String>,
    /// What is set.
    #[serde(flatten)]
    pub spec: Balancer,
    /// The revision that an edit was made from; required by PUT and PATCH.
    pub revision: Option<u64>,
}
