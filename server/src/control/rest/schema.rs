//! Shapes that only the OpenAPI document needs: what a caller writes, where it differs from what is read.

use app::domain::{balancer::Balancer, instance::Instance, target_group::TargetGroup};
use utoipa::ToSchema;

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
