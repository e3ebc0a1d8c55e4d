//! Slow start: a member that returns from an ejection is skipped in some calls, so that a restarted server does not
//! get the whole load at once. A skipped call goes to the others as if the member did not exist, and to the next tier
//! if its own has no other member. In failover a skipped member comes last.

use crate::domain::{
    config::target_group::SelectionPolicy,
    routing::select::{self, EligibleMember, SelectionInput},
};

/// The indexes of members in the order in which they would be tried. Each member comes with its traffic factor.
pub(super) fn order(
    policy: SelectionPolicy,
    members: &[(EligibleMember, f64)],
    input: &SelectionInput,
) -> Vec<usize> {
    let (active, skipped) = split(members, input.slow_start_roll);
    let arranged = |part: Vec<usize>| {
        let order = select::order(policy, &members_at(members, &part), input);
        order.into_iter().map(move |at| part[at])
    };
    arranged(active).chain(arranged(skipped)).collect()
}

/// The current share of the traffic of each member, over all rolls.
pub(super) fn shares(policy: SelectionPolicy, members: &[(EligibleMember, f64)]) -> Vec<f64> {
    let mut shares = vec![0.0; members.len()];
    // The set of skipped members only changes where the roll passes a traffic factor.
    let mut edges: Vec<f64> =
        members.iter().map(|&(_, traffic_factor)| traffic_factor).filter(|&it| it < 1.0).collect();
    edges.sort_by(f64::total_cmp);
    edges.push(1.0);
    let mut from = 0.0;
    for to in edges {
        let (mut part, skipped) = split(members, from);
        if !part.iter().any(|&at| members[at].0.weight > 0) {
            part = skipped;
        }
        for (&at, share) in part.iter().zip(select::shares(policy, &members_at(members, &part))) {
            shares[at] += (to - from) * share;
        }
        from = to;
    }
    shares
}

/// The members that take part at this roll, and the skipped ones.
fn split(members: &[(EligibleMember, f64)], roll: f64) -> (Vec<usize>, Vec<usize>) {
    (0..members.len()).partition(|&at| members[at].1 > roll)
}

fn members_at(members: &[(EligibleMember, f64)], places: &[usize]) -> Vec<EligibleMember> {
    places.iter().map(|&at| members[at].0).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: SelectionPolicy = SelectionPolicy::WeightedRoundRobin;

    fn member(tier: u64, traffic_factor: f64) -> (EligibleMember, f64) {
        (EligibleMember { weight: 100, tier, ..EligibleMember::default() }, traffic_factor)
    }

    fn at(slow_start_roll: f64) -> SelectionInput {
        SelectionInput { slow_start_roll, ..SelectionInput::default() }
    }

    #[test]
    fn a_skipped_call_goes_to_the_next_tier_and_failover_still_includes_the_member() {
        let members = [member(1, 0.25), member(2, 1.0)];
        assert_eq!(order(POLICY, &members, &at(0.2)), [0, 1]);
        assert_eq!(order(POLICY, &members, &at(0.3)), [1, 0]);
        assert_eq!(shares(POLICY, &members), [0.25, 0.75]);
    }

    #[test]
    fn a_single_member_is_never_skipped() {
        assert_eq!(order(POLICY, &[member(1, 0.1)], &at(0.9)), [0]);
        assert_eq!(shares(POLICY, &[member(1, 0.1)]), [1.0]);
    }

    #[test]
    fn the_shares_are_those_of_the_orders() {
        let members = [member(1, 0.1), member(1, 0.5), member(1, 1.0), member(2, 1.0)];
        let expected = shares(POLICY, &members);
        let mut counted = [0.0; 4];
        for roll in 0..100 {
            for count in 0..6 {
                let input = SelectionInput { count, ..at(f64::from(roll) / 100.0) };
                counted[order(POLICY, &members, &input)[0]] += 1.0 / 600.0;
            }
        }
        for (share, counted) in expected.iter().zip(counted) {
            assert!((share - counted).abs() < 1e-9, "{share} {counted}");
        }
    }
}
