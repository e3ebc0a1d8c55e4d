//! Weighted power of two choices: two members are drawn by weight, and the one with fewer calls for its weight
//! answers. Comparing two instead of all keeps several replicas from picking the same member at once (Mitzenmacher,
//! "The Power of Two Choices in Randomized Load Balancing", 2001).

use std::cmp::Ordering;

use super::{EligibleMember, SelectionInput, drawn, total_weight};

pub(super) fn arrange(members: &[EligibleMember], tier: &mut [usize], input: &SelectionInput) {
    if tier.len() < 2 {
        return;
    }
    let first = drawn(members, tier, input.roll);
    tier.swap(0, first);
    let second = 1 + drawn(members, &tier[1..], input.roll2);
    if load(&members[tier[second]], &members[tier[0]]).is_lt() {
        tier.swap(0, second);
    }
    tier[1..].sort_by(|&a, &b| load(&members[a], &members[b]));
}

/// Computes each member's probability of being picked.
pub(super) fn shares(members: &[EligibleMember], tier: &[usize], shares: &mut [f64]) {
    let whole = total_weight(members, tier) as f64;
    for &first in tier {
        let chance = members[first].weight as f64 / whole;
        let others = whole - members[first].weight as f64;
        if others <= 0.0 {
            shares[first] = 1.0;
            continue;
        }
        for &second in tier.iter().filter(|&&second| second != first) {
            let less_loaded = load(&members[second], &members[first]).is_lt();
            let winner = if less_loaded { second } else { first };
            shares[winner] += chance * members[second].weight as f64 / others;
        }
    }
}

/// Compares calls in flight per weight, without dividing. Equal loads keep the draw, so that an idle pool splits by
/// weight.
fn load(a: &EligibleMember, b: &EligibleMember) -> Ordering {
    let of = |member: &EligibleMember, other: &EligibleMember| {
        u128::from(member.in_flight) * u128::from(other.weight)
    };
    of(a, b).cmp(&of(b, a))
}
