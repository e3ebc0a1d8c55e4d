//! State of a destination and of its instances.

use super::member_traffic::{MemberTraffic, group_traffic, instance_traffic};
use crate::{
    domain::{
        config::{
            balancer::{Destination, DestinationKind},
            configuration::{Configuration, Target},
        },
        ids::ObjectKind,
    },
    ports::DataPlane,
};

/// A destination with its instances.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct DestinationState {
    /// Kind of the destination.
    pub(crate) kind: ObjectKind,
    /// Id of the object.
    pub(crate) id: String,
    /// Name; the id if the object no longer exists.
    pub(crate) name: String,
    /// The instances.
    pub(crate) members: Vec<MemberTraffic>,
}

impl DestinationState {
    /// Whether any instance is available, as far as is known.
    pub(crate) fn is_up(&self) -> bool {
        self.members.iter().any(MemberTraffic::is_up)
    }
}

pub(crate) fn destination_state(
    destination: &Destination,
    configuration: &Configuration,
    gateway: &dyn DataPlane,
) -> DestinationState {
    match configuration.resolve(destination) {
        Some(Target::Instance(it)) => DestinationState {
            kind: ObjectKind::Instance,
            id: it.id.to_string(),
            name: it.spec.name.clone(),
            members: vec![instance_traffic(it, gateway)],
        },
        Some(Target::Group(it)) => DestinationState {
            kind: ObjectKind::TargetGroup,
            id: it.id.to_string(),
            name: it.spec.name.clone(),
            members: group_traffic(it, configuration, gateway),
        },
        None => DestinationState {
            kind: match destination.kind {
                DestinationKind::Instance => ObjectKind::Instance,
                DestinationKind::TargetGroup => ObjectKind::TargetGroup,
            },
            id: destination.target.clone(),
            name: destination.target.clone(),
            members: Vec::new(),
        },
    }
}
