//! The same session to the same member, by weighted rendezvous hashing: each member draws a number from the session
//! and its own key, stretched by its weight, and the lowest wins. When a member goes, only its own sessions move,
//! and they spread over the rest by weight (Thaler and Ravishankar 1998; the weighting as in Efraimidis and
//! Spirakis 2006).

use super::Seat;
use crate::domain::stable_hash::spread;

pub(super) fn arrange(seats: &[Seat], tier: &mut [usize], session: u64) {
    if tier.len() < 2 {
        return;
    }
    let session = spread(session);
    tier.sort_by_cached_key(|&at| Score(score(&seats[at], session)));
}

/// An exponential draw of rate `weight`: the lowest of several is a member's with a chance of exactly its share.
fn score(seat: &Seat, session: u64) -> f64 {
    let hash = spread(session ^ seat.key);
    let uniform = ((hash >> 11) as f64 + 0.5) / (1_u64 << 53) as f64;
    -uniform.ln() / seat.weight as f64
}

/// A score that sorts.
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
