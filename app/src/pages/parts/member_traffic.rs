//! Who gets the traffic now: each instance behind a destination, with its share and why it has none.

use crate::{
    domain::{
        config::configuration::{Configuration, StoredGroup, StoredInstance},
        routing::health::{HealthState, HealthView},
    },
    ports::DataPlane,
};

/// One instance behind a destination.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct MemberTraffic {
    /// The instance's id.
    pub(crate) id: String,
    /// The instance's name; empty where it is gone.
    pub(crate) name: String,
    /// Its part of the destination's traffic now, 0.0–1.0.
    pub(crate) share: f64,
    /// Its weight within its tier.
    pub(crate) weight: u64,
    /// Its tier, from 1.
    pub(crate) priority: u64,
    /// Whether its place, the instance and the group are all on.
    pub(crate) enabled: bool,
    /// Whether this server itself answers for it.
    pub(crate) demo: bool,
    /// How it is doing.
    pub(crate) health: HealthView,
}

impl MemberTraffic {
    /// Whether it could take traffic as far as is known.
    pub(crate) fn is_up(&self) -> bool {
        let well = matches!(self.health.state, HealthState::Healthy | HealthState::Unknown);
        self.enabled && self.weight > 0 && well
    }
}

/// The places of a group, in the stored order.
pub(crate) fn group_traffic(
    group: &StoredGroup,
    configuration: &Configuration,
    gateway: &dyn DataPlane,
) -> Vec<MemberTraffic> {
    let shares = gateway.shares(group.id.as_str());
    let seat = |(at, member): (usize, &crate::domain::config::target_group::Member)| {
        let id = member.instance_id.as_str();
        let instance = configuration.instance(id);
        MemberTraffic {
            id: id.to_owned(),
            name: instance.map(|it| it.spec.name.clone()).unwrap_or_default(),
            share: shares.get(at).copied().unwrap_or_default(),
            weight: member.weight,
            priority: member.priority,
            enabled: group.spec.enabled && member.enabled && instance.is_some_and(|it| it.spec.enabled),
            demo: instance.is_some_and(|it| it.spec.demo),
            health: gateway.health(id),
        }
    };
    group.spec.members.iter().enumerate().map(seat).collect()
}

/// An instance that is a destination by itself: all or nothing.
pub(crate) fn lone_traffic(instance: &StoredInstance, gateway: &dyn DataPlane) -> MemberTraffic {
    let mut seat = MemberTraffic {
        id: instance.id.to_string(),
        name: instance.spec.name.clone(),
        share: 0.0,
        weight: 1,
        priority: 1,
        enabled: instance.spec.enabled,
        demo: instance.spec.demo,
        health: gateway.health(instance.id.as_str()),
    };
    if seat.is_up() {
        seat.share = 1.0;
    }
    seat
}
