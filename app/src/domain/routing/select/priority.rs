//! No spreading: the best member of the best tier takes all traffic. Within a tier the highest weight wins, then the
//! list order.

use std::cmp::Reverse;

use super::EligibleMember;

pub(super) fn arrange(members: &[EligibleMember], tier: &mut [usize]) {
    tier.sort_by_key(|&at| Reverse(members[at].weight));
}
