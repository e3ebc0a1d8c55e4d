//! Pools: the members of a group, or a single instance as a pool of one.

use super::{InstanceStatus, LiveState, PlannedMember, slow_start};
use crate::domain::{
    config::{
        balancer::Destination,
        configuration::{Configuration, Target},
        target_group::SelectionPolicy,
    },
    ids::InstanceId,
    routing::{
        decision::MemberState,
        select::{EligibleMember, SelectionInput},
    },
};

/// The compiled form of a destination.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pool {
    /// Id of the destination. Balancers that share a group share its counter.
    pub id: String,
    /// How a member is picked.
    pub policy: SelectionPolicy,
    /// In the stored order.
    pub members: Vec<PoolMember>,
}

/// A member of a pool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PoolMember {
    /// The instance.
    pub instance_id: InstanceId,
    /// Share of its tier's traffic, 0–1 000 000.
    pub weight: u64,
    /// Tier, from 1.
    pub tier: u64,
    /// Whether member, instance and group are all enabled.
    pub enabled: bool,
    key: u64,
}

impl PoolMember {
    /// Creates a member.
    pub fn new(instance_id: InstanceId, weight: u64, tier: u64, enabled: bool) -> Self {
        let key = crate::domain::stable_hash::stable_hash(instance_id.as_str());
        Self { instance_id, weight, tier, enabled, key }
    }

    /// The reason why the member cannot be called, or else the state of its health.
    fn state(&self, status: &InstanceStatus) -> MemberState {
        match self {
            Self { enabled: false, .. } => MemberState::Disabled,
            Self { weight: 0, .. } => MemberState::NoWeight,
            _ => status.state,
        }
    }

    fn eligible(&self, status: &InstanceStatus) -> EligibleMember {
        EligibleMember {
            weight: self.weight,
            tier: self.tier,
            in_flight: status.in_flight,
            latency_ms: status.latency_ms,
            key: self.key,
        }
    }
}

impl Pool {
    /// The pool of a destination; `None` if the destination does not exist.
    pub fn of(configuration: &Configuration, destination: &Destination) -> Option<Self> {
        match configuration.resolve(destination)? {
            Target::Instance(instance) => Some(Self {
                id: instance.id.to_string(),
                policy: SelectionPolicy::Priority,
                members: vec![PoolMember::new(instance.id.clone(), 1, 1, instance.spec.enabled)],
            }),
            Target::Group(group) => {
                let is_on = |id: &InstanceId| {
                    configuration.instance(id.as_str()).is_some_and(|instance| instance.spec.enabled)
                };
                let members = group.spec.members.iter().map(|it| {
                    let enabled = group.spec.enabled && it.enabled && is_on(&it.instance_id);
                    PoolMember::new(it.instance_id.clone(), it.weight, it.priority, enabled)
                });
                Some(Self {
                    id: group.id.to_string(),
                    policy: group.spec.selection_policy,
                    members: members.collect(),
                })
            }
        }
    }

    /// The current share of the traffic of each member, 0.0–1.0, in the stored order.
    pub fn shares(&self, live: &impl LiveState) -> Vec<f64> {
        let (places, eligible): (Vec<usize>, Vec<(EligibleMember, f64)>) = self
            .members
            .iter()
            .enumerate()
            .map(|(place, member)| (place, member, live.status(&member.instance_id)))
            .filter(|(_, member, status)| is_usable(member.state(status)))
            .map(|(place, member, status)| (place, (member.eligible(&status), status.traffic_factor)))
            .unzip();
        let mut shares = vec![0.0; self.members.len()];
        for (place, share) in places.into_iter().zip(slow_start::shares(self.policy, &eligible)) {
            shares[place] = share;
        }
        shares
    }

    /// The members in the order in which they would be tried, unusable ones last.
    pub(super) fn members_in_order(
        &self,
        live: &impl LiveState,
        session: u64,
        dry: bool,
    ) -> Vec<PlannedMember> {
        if let [only] = self.members.as_slice() {
            // Nothing is to be picked, and no share to be kept.
            let status = live.status(&only.instance_id);
            let state = only.state(&status);
            let instance_id = only.instance_id.clone();
            return vec![PlannedMember { instance_id, place: 0, state, due_ms: status.due_ms }];
        }
        let statuses: Vec<InstanceStatus> =
            self.members.iter().map(|it| live.status(&it.instance_id)).collect();
        let usable = |&place: &usize| is_usable(self.members[place].state(&statuses[place]));
        let (usable, mut places): (Vec<usize>, Vec<usize>) = (0..self.members.len()).partition(usable);
        if !usable.is_empty() {
            let with_factor = |&place: &usize| {
                let status = &statuses[place];
                (self.members[place].eligible(status), status.traffic_factor)
            };
            let eligible: Vec<_> = usable.iter().map(with_factor).collect();
            let input = if dry { live.peek_input(&self.id) } else { live.next_input(&self.id) };
            let order = slow_start::order(self.policy, &eligible, &SelectionInput { session, ..input });
            places.splice(0..0, order.into_iter().map(|at| usable[at]));
        }
        let member = |&place: &usize| {
            let member = &self.members[place];
            PlannedMember {
                instance_id: member.instance_id.clone(),
                place,
                state: member.state(&statuses[place]),
                due_ms: statuses[place].due_ms,
            }
        };
        places.iter().map(member).collect()
    }
}

fn is_usable(state: MemberState) -> bool {
    matches!(state, MemberState::Available | MemberState::Probe)
}
