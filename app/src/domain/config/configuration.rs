//! The whole configuration as one immutable value. Validation checks it; the data plane is compiled from it.

mod shared;

use serde::{Deserialize, Serialize};

pub use shared::Shared;

use super::{
    balancer::{Balancer, Destination, DestinationKind},
    instance::Instance,
    target_group::TargetGroup,
};
use crate::domain::{
    ids::{BalancerId, InstanceId, ObjectKind, TargetGroupId, has_name_key, name_key},
    timestamp::Timestamp,
};

/// A stored object: the user's settings with id, revision and times.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stored<I, T> {
    /// Never changes.
    pub id: I,
    /// The user's settings.
    #[serde(flatten)]
    pub spec: T,
    /// Number of saved changes, from 1.
    pub revision: u64,
    /// Creation time.
    pub created_at: Timestamp,
    /// Time of the last change.
    pub updated_at: Timestamp,
}

/// A stored instance.
pub type StoredInstance = Stored<InstanceId, Instance>;
/// A stored target group.
pub type StoredGroup = Stored<TargetGroupId, TargetGroup>;
/// A stored balancer.
pub type StoredBalancer = Stored<BalancerId, Balancer>;

/// All objects, each list ordered by id.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Configuration {
    /// Number of saved changes of the whole configuration.
    pub version: u64,
    /// All instances.
    pub instances: Vec<StoredInstance>,
    /// All target groups.
    pub target_groups: Vec<StoredGroup>,
    /// All balancers. There may be thousands, of which a change replaces one.
    pub balancers: Shared<Vec<StoredBalancer>>,
}

/// The object that a destination refers to.
#[derive(Clone, Copy, Debug)]
pub enum Target<'a> {
    /// One instance.
    Instance(&'a StoredInstance),
    /// A pool.
    Group(&'a StoredGroup),
}

/// An object that refers to another one, as listed in `in_use` errors.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct UsedBy {
    /// Kind of the referring object.
    #[serde(rename = "type")]
    pub kind: ObjectKind,
    /// Id of the referring object.
    pub id: String,
    /// Name of the referring object.
    pub name: String,
}

impl Configuration {
    /// The instance with this id.
    pub fn instance(&self, id: &str) -> Option<&StoredInstance> {
        self.instances.iter().find(|it| it.id.as_str() == id)
    }

    /// The target group with this id.
    pub fn target_group(&self, id: &str) -> Option<&StoredGroup> {
        self.target_groups.iter().find(|it| it.id.as_str() == id)
    }

    /// The balancer with this id.
    pub fn balancer(&self, id: &str) -> Option<&StoredBalancer> {
        self.balancers.iter().find(|it| it.id.as_str() == id)
    }

    /// The instance with this id or, failing that, with this name in any case.
    pub fn find_instance(&self, reference: &str) -> Option<&StoredInstance> {
        let key = name_key(reference);
        self.instance(reference)
            .or_else(|| self.instances.iter().find(|it| has_name_key(&it.spec.name, &key)))
    }

    /// The target group with this id or, failing that, with this name.
    pub fn find_target_group(&self, reference: &str) -> Option<&StoredGroup> {
        self.target_group(reference)
            .or_else(|| self.target_groups.iter().find(|it| it.spec.name == reference))
    }

    /// Resolves a destination by id or unique name.
    pub fn resolve(&self, destination: &Destination) -> Option<Target<'_>> {
        match destination.kind {
            DestinationKind::Instance => self.find_instance(&destination.target).map(Target::Instance),
            DestinationKind::TargetGroup => self.find_target_group(&destination.target).map(Target::Group),
        }
    }

    /// All objects that refer to this one: groups by their members, balancers by routes and router model.
    pub fn used_by(&self, kind: ObjectKind, id: &str) -> Vec<UsedBy> {
        let points_here = |destination: &Destination| {
            destination.target == id
                && match destination.kind {
                    DestinationKind::Instance => kind == ObjectKind::Instance,
                    DestinationKind::TargetGroup => kind == ObjectKind::TargetGroup,
                }
        };
        let groups = self.target_groups.iter().filter(|group| {
            kind == ObjectKind::Instance && group.spec.members.iter().any(|m| m.instance_id.as_str() == id)
        });
        let balancers = self.balancers.iter().filter(|balancer| {
            balancer.spec.router_model.as_ref().is_some_and(points_here)
                || balancer.spec.routes.iter().any(|route| points_here(&route.destination))
        });
        groups
            .map(|it| UsedBy {
                kind: ObjectKind::TargetGroup,
                id: it.id.to_string(),
                name: it.spec.name.clone(),
            })
            .chain(balancers.map(|it| UsedBy {
                kind: ObjectKind::SmartBalancer,
                id: it.id.to_string(),
                name: it.spec.name.clone(),
            }))
            .collect()
    }
}
