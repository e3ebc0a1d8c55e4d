//! Objects as they are read: what is stored, with health and shares beside it.

use serde::{Deserialize, Serialize};

use crate::domain::{
    config::{
        configuration::{StoredGroup, StoredInstance},
        instance::WorkloadKind,
        target_group::{Member, SelectionPolicy},
    },
    ids::TargetGroupId,
    routing::health::HealthView,
    timestamp::Timestamp,
};

/// An instance with its health.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InstanceView {
    /// What is stored.
    #[serde(flatten)]
    pub stored: StoredInstance,
    /// How it is doing.
    pub health: HealthView,
}

/// A member with its health and its part of the traffic now.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct MemberView {
    /// What is stored.
    #[serde(flatten)]
    pub member: Member,
    /// How its instance is doing.
    pub health: HealthView,
    /// Its part of the group's traffic now, 0.0–1.0.
    pub share: f64,
}

/// A target group with the state of its members.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct TargetGroupView {
    /// Its id.
    pub id: TargetGroupId,
    /// A slug, unique.
    pub name: String,
    /// What people see.
    pub display_name: String,
    /// Up to 500 characters.
    pub description: String,
    /// The calls that its members serve.
    pub workload_kind: WorkloadKind,
    /// How a member is picked.
    pub selection_policy: SelectionPolicy,
    /// Whether it may get traffic.
    pub enabled: bool,
    /// Its places.
    pub members: Vec<MemberView>,
    /// Counts its saved changes, from 1.
    pub revision: u64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

impl TargetGroupView {
    /// The view of a stored group; `members` are its places in the stored order.
    pub fn new(stored: &StoredGroup, members: Vec<MemberView>) -> Self {
        let spec = &stored.spec;
        Self {
            id: stored.id.clone(),
            name: spec.name.clone(),
            display_name: spec.display_name.clone(),
            description: spec.description.clone(),
            workload_kind: spec.workload_kind,
            selection_policy: spec.selection_policy,
            enabled: spec.enabled,
            members,
            revision: stored.revision,
            created_at: stored.created_at,
            updated_at: stored.updated_at,
        }
    }
}

/// One `GET /serving-endpoints` row: a name that clients can send.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct ServingEndpoint {
    /// The model id that clients send.
    pub serving_name: String,
    /// `smart_balancer`.
    #[serde(rename = "type")]
    pub kind: crate::domain::ids::ObjectKind,
    /// The balancer's id.
    #[serde(rename = "ref")]
    pub target: String,
    /// The calls that it serves.
    pub workload_kind: WorkloadKind,
    /// Whether it answers.
    pub enabled: bool,
}

/// What a test of an instance found: a verdict, never the upstream's text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct TestVerdict {
    /// Whether it answered as it should.
    pub ok: bool,
    /// What kind of test it was: `models` (the free list) or `call` (a real one-token call).
    pub kind: String,
    /// What it took, in milliseconds.
    pub ms: f64,
    /// The verdict in words.
    pub message: String,
}

/// What a smoke test found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct SmokeReport {
    /// Whether the route answered.
    pub ok: bool,
    /// The status that a client would have got.
    pub status: u16,
    /// The route asked.
    pub route: String,
    /// Why that route; `forced` in a smoke test.
    pub reason: crate::domain::routing::decision::Reason,
    /// The instance that answered.
    pub instance_id: Option<String>,
    /// Every attempt.
    pub attempts: Vec<crate::domain::routing::decision::AttemptRecord>,
    /// What all of it took, in milliseconds.
    pub ms: f64,
    /// The beginning of the answer's text, or the error's sentence.
    pub answer: String,
}
