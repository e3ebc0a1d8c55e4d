//! Everything that is set, as one immutable value: what validation judges and the data plane is compiled from.

use serde::{Deserialize, Serialize};

use super::{
    balancer::{Balancer, Destination, DestinationKind},
    instance::Instance,
    target_group::TargetGroup,
};
use crate::domain::{
    ids::{BalancerId, InstanceId, ObjectKind, TargetGroupId, has_key, name_key},
    timestamp::Timestamp,
};

/// An object as it is stored: its id and revision around what people set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stored<I, T> {
    /// Its id; never changes.
    pub id: I,
    /// What people set.
    #[serde(flatten)]
    pub spec: T,
    /// Counts its saved changes, from 1.
    pub revision: u64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// A stored instance.
pub type StoredInstance = Stored<InstanceId, Instance>;
/// A stored target group.
pub type StoredGroup = Stored<TargetGroupId, TargetGroup>;
/// A stored balancer.
pub type StoredBalancer = Stored<BalancerId, Balancer>;

/// Everything that is set, each list ordered by id.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Configuration {
    /// Counts the saved changes of the whole.
    pub version: u64,
    /// All instances.
    pub instances: Vec<StoredInstance>,
    /// All target groups.
    pub target_groups: Vec<StoredGroup>,
    /// All balancers.
    pub balancers: Vec<StoredBalancer>,
}

/// What a destination turned out to be.
#[derive(Clone, Copy, Debug)]
pub enum Target<'a> {
    /// One instance.
    Instance(&'a StoredInstance),
    /// A pool.
    Group(&'a StoredGroup),
}

/// Something that refers to an object, as `in_use` answers name it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct UsedBy {
    /// What kind of object refers to it.
    #[serde(rename = "type")]
    pub kind: ObjectKind,
    /// That object's id.
    pub id: String,
    /// That object's name.
    pub name: String,
}

impl Configuration {
    /// The instance of that id.
    pub fn instance(&self, id: &str) -> Option<&StoredInstance> {
        self.instances.iter().find(|it| it.id.as_str() == id)
    }

    /// The target group of that id.
    pub fn target_group(&self, id: &str) -> Option<&StoredGroup> {
        self.target_groups.iter().find(|it| it.id.as_str() == id)
    }

    /// The balancer of that id.
    pub fn balancer(&self, id: &str) -> Option<&StoredBalancer> {
        self.balancers.iter().find(|it| it.id.as_str() == id)
    }

    /// The instance of that id, else of that name without regard to case.
    pub fn find_instance(&self, reference: &str) -> Option<&StoredInstance> {
        let key = name_key(reference);
        self.instance(reference).or_else(|| self.instances.iter().find(|it| has_key(&it.spec.name, &key)))
    }

    /// The target group of that id, else of that name.
    pub fn find_target_group(&self, reference: &str) -> Option<&StoredGroup> {
        self.target_group(reference)
            .or_else(|| self.target_groups.iter().find(|it| it.spec.name == reference))
    }

    /// What a destination points at, by id or unique name.
    pub fn resolve(&self, destination: &Destination) -> Option<Target<'_>> {
        match destination.kind {
            DestinationKind::Instance => self.find_instance(&destination.target).map(Target::Instance),
            DestinationKind::TargetGroup => self.find_target_group(&destination.target).map(Target::Group),
        }
    }

    /// Everything that refers to the object: groups by their members, balancers by routes and router model.
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
