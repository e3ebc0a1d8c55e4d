//! Views of objects: the stored object with health and shares.

use serde::{Deserialize, Serialize};

use super::spoken_apis::{LearnedApis, SpokenApis};
use crate::domain::{
    api::Api,
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
    /// The stored object.
    #[serde(flatten)]
    pub stored: StoredInstance,
    /// Current health.
    pub health: HealthView,
    /// What calls taught about the APIs that it speaks.
    pub apis_learned: LearnedApis,
}

/// A member with its health and current share of the traffic.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct MemberView {
    /// The stored object.
    #[serde(flatten)]
    pub member: Member,
    /// Health of the member's instance.
    pub health: HealthView,
    /// Current share of the group's traffic, 0.0–1.0.
    pub share: f64,
}

/// A target group with the state of its members.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct TargetGroupView {
    /// Id of the object.
    pub id: TargetGroupId,
    /// A unique slug.
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
    /// Members in the stored order.
    pub members: Vec<MemberView>,
    /// Number of saved changes, from 1.
    pub revision: u64,
    /// Creation time.
    pub created_at: Timestamp,
    /// Time of the last change.
    pub updated_at: Timestamp,
}

impl TargetGroupView {
    /// Creates the view of a stored group; `members` must be in the stored order.
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

/// A row of `GET /serving-endpoints`: a name that clients can send.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct ServingEndpoint {
    /// The model id that clients send.
    pub serving_name: String,
    /// Always `smart_balancer`.
    #[serde(rename = "type")]
    pub kind: crate::domain::ids::ObjectKind,
    /// Id of the balancer.
    #[serde(rename = "ref")]
    pub target: String,
    /// The kind of calls served.
    pub workload_kind: WorkloadKind,
    /// Whether the balancer serves calls.
    pub enabled: bool,
}

/// The verdict of an instance test. Of the upstream's own words it holds only names of models.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct TestVerdict {
    /// Whether the test passed.
    pub ok: bool,
    /// The kind of test: `models` (the free model list), `call` (a one-token call) or `router` (a routing question
    /// alone); or the reason why it failed, such as `nothing_listens`, `unknown_issuer`, `key_refused`,
    /// `model_unknown` or `loading`.
    pub kind: String,
    /// Duration, in milliseconds.
    pub ms: f64,
    /// The verdict as a sentence.
    pub message: String,
    /// The APIs that the instance speaks, as far as is known.
    #[serde(default)]
    pub apis: SpokenApis,
    /// The first 100 models that are there, if `kind` is `model_unknown`.
    #[serde(default)]
    pub models: Vec<String>,
}

/// What a smoke test calls.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SmokeRequest {
    /// The name of a route; absent: the default route.
    pub route: Option<String>,
    /// The API; absent: the first one that the route's instances speak.
    pub api: Option<Api>,
}

/// The result of a smoke test.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct SmokeReport {
    /// Whether the route answered.
    pub ok: bool,
    /// The status that a client would get.
    pub status: u16,
    /// The tested route.
    pub route: String,
    /// Always `forced`.
    pub reason: crate::domain::routing::decision::Reason,
    /// The answering instance.
    pub instance_id: Option<String>,
    /// All attempts.
    pub attempts: Vec<crate::domain::routing::decision::AttemptRecord>,
    /// Total duration, in milliseconds.
    pub ms: f64,
    /// The first characters of the answer, or the error message.
    pub answer: String,
}
