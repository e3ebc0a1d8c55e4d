//! Current traffic of a destination's instances.

use crate::{
    domain::{
        config::configuration::{Configuration, StoredGroup, StoredInstance},
        routing::health::{HealthState, HealthView},
    },
    ports::DataPlane,
};

/// An instance of a destination.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct MemberTraffic {
    /// Id of the instance.
    pub(crate) id: String,
    /// Name of the instance; empty if it no longer exists.
    pub(crate) name: String,
    /// Current share of the destination's traffic, 0.0–1.0.
    pub(crate) share: f64,
    /// Weight within the tier.
    pub(crate) weight: u64,
    /// Tier, from 1.
    pub(crate) priority: u64,
    /// Whether member, instance and group are all enabled.
    pub(crate) enabled: bool,
    /// Whether it is served by this server's demo.
    pub(crate) demo: bool,
    /// Current health.
    pub(crate) health: HealthView,
}

impl MemberTraffic {
    /// Whether it is available, as far as is known.
    pub(crate) fn is_up(&self) -> bool {
        let well = matches!(self.health.state, HealthState::Healthy | HealthState::Unknown);
        self.enabled && self.weight > 0 && well
    }
}

/// The members of a group, in the stored order.
pub(crate) fn group_traffic(
    group: &StoredGroup,
    configuration: &Configuration,
    gateway: &dyn DataPlane,
) -> Vec<MemberTraffic> {
    let shares = gateway.shares(group.id.as_str());
    let member = |(at, member): (usize, &crate::domain::config::target_group::Member)| {
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
    group.spec.members.iter().enumerate().map(member).collect()
}

/// A single instance as a destination.
pub(crate) fn instance_traffic(instance: &StoredInstance, gateway: &dyn DataPlane) -> MemberTraffic {
    let mut member = MemberTraffic {
        id: instance.id.to_string(),
        name: instance.spec.name.clone(),
        share: 0.0,
        weight: 1,
        priority: 1,
        enabled: instance.spec.enabled,
        demo: instance.spec.demo,
        health: gateway.health(instance.id.as_str()),
    };
    if member.is_up() {
        member.share = 1.0;
    }
    member
}
