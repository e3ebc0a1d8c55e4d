//! Weighted power of two choices: two members are drawn by weight, and the one with fewer calls for its weight
//! answers. Looking at two instead of all keeps several replicas from running to the same member at once
//! (Mitzenmacher, "The Power of Two Choices in Randomized Load Balancing", 2001).

use std::cmp::Ordering;

use super::{Seat, Turn, drawn, total_weight};

pub(super) fn arrange(seats: &[Seat], tier: &mut [usize], turn: &Turn) {
    if tier.len() < 2 {
        return;
    }
    let first = drawn(seats, tier, turn.roll);
    tier.swap(0, first);
    let second = 1 + drawn(seats, &tier[1..], turn.roll2);
    if load(&seats[tier[second]], &seats[tier[0]]).is_lt() {
        tier.swap(0, second);
    }
    tier[1..].sort_by(|&a, &b| load(&seats[a], &seats[b]));
}

/// Writes each member's chance to be the pick.
pub(super) fn shares(seats: &[Seat], tier: &[usize], shares: &mut [f64]) {
    let whole = total_weight(seats, tier) as f64;
    for &first in tier {
        let chance = seats[first].weight as f64 / whole;
        let others = whole - seats[first].weight as f64;
        if others <= 0.0 {
            shares[first] = 1.0;
            continue;
        }
        for &second in tier.iter().filter(|&&second| second != first) {
            let less_loaded = load(&seats[second], &seats[first]).is_lt();
            let winner = if less_loaded { second } else { first };
            shares[winner] += chance * seats[second].weight as f64 / others;
        }
    }
}

/// Compares calls in flight per weight, without dividing. Equal loads leave the draw as it is, so that an idle
/// pool splits by weight.
fn load(a: &Seat, b: &Seat) -> Ordering {
    let of = |seat: &Seat, other: &Seat| u128::from(seat.in_flight) * u128::from(other.weight);
    of(a, b).cmp(&of(b, a))
}
