//! State of what a route or a router model points at, and of the instances behind it.

use super::member_traffic::{MemberTraffic, group_traffic, lone_traffic};
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

/// An instance or a target group, and the instances behind it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct DestinationState {
    /// What it is.
    pub(crate) kind: ObjectKind,
    /// Its id.
    pub(crate) id: String,
    /// Its name; the id where it is gone.
    pub(crate) name: String,
    /// The instances behind it.
    pub(crate) seats: Vec<MemberTraffic>,
}

impl DestinationState {
    /// Whether any instance behind it could answer, as far as is known.
    pub(crate) fn is_up(&self) -> bool {
        self.seats.iter().any(MemberTraffic::is_up)
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
            seats: vec![lone_traffic(it, gateway)],
        },
        Some(Target::Group(it)) => DestinationState {
            kind: ObjectKind::TargetGroup,
            id: it.id.to_string(),
            name: it.spec.name.clone(),
            seats: group_traffic(it, configuration, gateway),
        },
        None => DestinationState {
            kind: match destination.kind {
                DestinationKind::Instance => ObjectKind::Instance,
                DestinationKind::TargetGroup => ObjectKind::TargetGroup,
            },
            id: destination.target.clone(),
            name: destination.target.clone(),
            seats: Vec::new(),
        },
    }
}
