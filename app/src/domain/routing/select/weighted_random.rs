//! Shares by weight, by chance: each call is drawn on its own.

use super::{Seat, Turn, drawn, session_hash};

pub(super) fn arrange(seats: &[Seat], tier: &mut [usize], turn: &Turn) {
    if tier.len() < 2 {
        return;
    }
    let pick = drawn(seats, tier, turn.roll);
    tier.swap(0, pick);
    session_hash::arrange(seats, &mut tier[1..], turn.roll2.to_bits());
}
