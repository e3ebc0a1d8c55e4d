//! A destination as a plan uses it: the members of a group, or one instance as a pool of one.

use super::{Board, Standing, warm_up};
use crate::domain::{
    config::{
        balancer::Destination,
        configuration::{Configuration, Target},
        target_group::SelectionPolicy,
    },
    ids::InstanceId,
    routing::{
        decision::{CandidateMember, MemberState},
        select::{Seat, Turn},
    },
};

/// A destination, compiled. Two balancers on one group share its id and so its turns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pool {
    /// The destination's id.
    pub id: String,
    /// How a member is picked.
    pub policy: SelectionPolicy,
    /// The members in their stored order.
    pub members: Vec<PoolMember>,
}

/// One place of a pool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PoolMember {
    /// The instance.
    pub instance_id: InstanceId,
    /// Its part of its tier's traffic, 0–1 000 000.
    pub weight: u64,
    /// Its tier, from 1.
    pub tier: u64,
    /// Whether place, instance and group are all enabled.
    pub enabled: bool,
    key: u64,
}

impl PoolMember {
    /// A place of a pool.
    pub fn new(instance_id: InstanceId, weight: u64, tier: u64, enabled: bool) -> Self {
        let key = crate::domain::stable_hash::stable_hash(instance_id.as_str());
        Self { instance_id, weight, tier, enabled, key }
    }

    /// Why the member is not to be called whatever its health, else its health's word.
    fn state(&self, standing: &Standing) -> MemberState {
        match self {
            Self { enabled: false, .. } => MemberState::Disabled,
            Self { weight: 0, .. } => MemberState::NoWeight,
            _ => standing.state,
        }
    }

    fn seat(&self, standing: &Standing) -> Seat {
        Seat {
            weight: self.weight,
            tier: self.tier,
            in_flight: standing.in_flight,
            latency_ms: standing.latency_ms,
            key: self.key,
        }
    }
}

impl Pool {
    /// The pool of a destination; `None` where it points at nothing.
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

    /// The part of the traffic that each member gets now, 0.0–1.0, in stored order.
    pub fn shares(&self, board: &impl Board) -> Vec<f64> {
        let (places, seats): (Vec<usize>, Vec<(Seat, f64)>) = self
            .members
            .iter()
            .enumerate()
            .map(|(place, member)| (place, member, board.standing(&member.instance_id)))
            .filter(|(_, member, standing)| is_usable(member.state(standing)))
            .map(|(place, member, standing)| (place, (member.seat(&standing), standing.warmth)))
            .unzip();
        let mut shares = vec![0.0; self.members.len()];
        for (place, share) in places.into_iter().zip(warm_up::shares(self.policy, &seats)) {
            shares[place] = share;
        }
        shares
    }

    /// The members in the order in which they would be tried, those that would not be last, and when each is due.
    pub(super) fn members_in_order(
        &self,
        board: &impl Board,
        session: u64,
        dry: bool,
    ) -> (Vec<CandidateMember>, Vec<Option<u64>>) {
        let standings: Vec<Standing> =
            self.members.iter().map(|it| board.standing(&it.instance_id)).collect();
        let usable = |&place: &usize| is_usable(self.members[place].state(&standings[place]));
        let (usable, mut places): (Vec<usize>, Vec<usize>) = (0..self.members.len()).partition(usable);
        if !usable.is_empty() {
            let seat =
                |&place: &usize| (self.members[place].seat(&standings[place]), standings[place].warmth);
            let seats: Vec<_> = usable.iter().map(seat).collect();
            let turn = if dry { board.peek_turn(&self.id) } else { board.next_turn(&self.id) };
            let order = warm_up::order(self.policy, &seats, &Turn { session, ..turn });
            places.splice(0..0, order.into_iter().map(|seat| usable[seat]));
        }
        let member = |&place: &usize| {
            let member = &self.members[place];
            CandidateMember {
                instance_id: member.instance_id.clone(),
                priority: member.tier,
                weight: member.weight,
                state: member.state(&standings[place]),
            }
        };
        let members = places.iter().map(member).collect();
        let due_ms = places.iter().map(|&place| standings[place].due_ms).collect();
        (members, due_ms)
    }
}

fn is_usable(state: MemberState) -> bool {
    matches!(state, MemberState::Available | MemberState::Probe)
}
