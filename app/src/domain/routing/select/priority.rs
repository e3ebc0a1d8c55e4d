//! No spreading: the best member of the best tier takes all. Within a tier the heavier is the better, then the
//! earlier in the list.

use std::cmp::Reverse;

use super::Seat;

pub(super) fn arrange(seats: &[Seat], tier: &mut [usize]) {
    tier.sort_by_key(|&at| Reverse(seats[at].weight));
}
