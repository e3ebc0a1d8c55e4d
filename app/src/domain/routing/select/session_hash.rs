//! Session affinity by weighted rendezvous hashing: each member gets a number from the session and its own key,
//! scaled by its weight, and the lowest wins. If a member goes, only its own sessions move, and they spread over the
//! rest by weight (Thaler and Ravishankar 1998; the weighting as in Efraimidis and Spirakis 2006).

use super::EligibleMember;
use crate::domain::stable_hash::spread;

pub(super) fn arrange(members: &[EligibleMember], tier: &mut [usize], session: u64) {
    if tier.len() < 2 {
        return;
    }
    let session = spread(session);
    tier.sort_by_cached_key(|&at| Score(score(&members[at], session)));
}

/// An exponential variate with rate `weight`: the probability of being the lowest equals the member's share.
fn score(member: &EligibleMember, session: u64) -> f64 {
    let hash = spread(session ^ member.key);
    let uniform = ((hash >> 11) as f64 + 0.5) / (1_u64 << 53) as f64;
    -uniform.ln() / member.weight as f64
}

/// A score with a total order.
#[derive(PartialEq)]
struct Score(f64);

impl Eq for Score {}

impl PartialOrd for Score {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Score {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.total_cmp(&other.0)
    }
}
