//! Random shares by weight: each call is drawn independently.

use super::{EligibleMember, SelectionInput, drawn, session_hash};

pub(super) fn arrange(members: &[EligibleMember], tier: &mut [usize], input: &SelectionInput) {
    if tier.len() < 2 {
        return;
    }
    let pick = drawn(members, tier, input.roll);
    tier.swap(0, pick);
    session_hash::arrange(members, &mut tier[1..], input.roll2.to_bits());
}
