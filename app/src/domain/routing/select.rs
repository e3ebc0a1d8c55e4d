//! Which member of a pool answers: one file a policy, and the tiers that all of them share.
//!
//! The first of an order is the pick, the rest is the failover order: all of the best tier, then the next tiers.
//! Seats of weight 0 never appear. Everything here is arithmetic over its arguments: the counter, the dice and the
//! measured load come in.

mod least_in_flight;
mod lowest_latency;
mod priority;
mod session_hash;
mod weighted_random;
mod weighted_round_robin;

pub use lowest_latency::{DECAY_MS, PeakEwma};

use crate::domain::config::target_group::SelectionPolicy;

/// A member that may be called now.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Seat {
    /// Its part of its tier's traffic, 0–1 000 000.
    pub weight: u64,
    /// Its tier; lower is used first.
    pub tier: u64,
    /// Calls on it now.
    pub in_flight: u64,
    /// Moving average of its time to first byte, in milliseconds; `None` before its first sample.
    pub latency_ms: Option<f64>,
    /// A hash of its instance's id that never changes: [`stable_hash`](crate::domain::stable_hash::stable_hash).
    pub key: u64,
}

/// What differs from call to call.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Turn {
    /// How many calls this pool had before; any number, it may wrap.
    pub count: u64,
    /// Uniform in `[0, 1)`.
    pub roll: f64,
    /// Uniform in `[0, 1)`, independent of `roll`.
    pub roll2: f64,
    /// Uniform in `[0, 1)`, independent of both: which of the members that warm up sit this turn out.
    pub warm_roll: f64,
    /// The hash of the session.
    pub session: u64,
}

/// The seats in the order in which they would be tried, by their index; the pick first.
pub fn order(policy: SelectionPolicy, seats: &[Seat], turn: &Turn) -> Vec<usize> {
    let mut order: Vec<usize> = by_tier(seats);
    for tier in order.chunk_by_mut(|&a, &b| seats[a].tier == seats[b].tier) {
        match policy {
            SelectionPolicy::WeightedRoundRobin => weighted_round_robin::arrange(seats, tier, turn),
            SelectionPolicy::WeightedRandom => weighted_random::arrange(seats, tier, turn),
            SelectionPolicy::LeastInFlight => least_in_flight::arrange(seats, tier, turn),
            SelectionPolicy::LowestLatency => lowest_latency::arrange(seats, tier),
            SelectionPolicy::Priority => priority::arrange(seats, tier),
            SelectionPolicy::SessionHash => session_hash::arrange(seats, tier, turn.session),
        }
    }
    order
}

/// The part of the traffic that each seat gets now, 0.0–1.0, by its index. The sum is 1, or 0 where no seat has
/// weight. For the policies that look at load it is the part of the next call, over all dice.
pub fn shares(policy: SelectionPolicy, seats: &[Seat]) -> Vec<f64> {
    let mut shares = vec![0.0; seats.len()];
    let mut order = by_tier(seats);
    let Some(tier) = order.chunk_by_mut(|&a, &b| seats[a].tier == seats[b].tier).next() else {
        return shares;
    };
    match policy {
        SelectionPolicy::WeightedRoundRobin
        | SelectionPolicy::WeightedRandom
        | SelectionPolicy::SessionHash => {
            let whole = total_weight(seats, tier) as f64;
            for &at in &*tier {
                shares[at] = seats[at].weight as f64 / whole;
            }
        }
        SelectionPolicy::LeastInFlight => least_in_flight::shares(seats, tier, &mut shares),
        SelectionPolicy::LowestLatency => {
            lowest_latency::arrange(seats, tier);
            shares[tier[0]] = 1.0;
        }
        SelectionPolicy::Priority => {
            priority::arrange(seats, tier);
            shares[tier[0]] = 1.0;
        }
    }
    shares
}

/// The seats with weight, by tier, each tier in the given order.
fn by_tier(seats: &[Seat]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..seats.len()).filter(|&at| seats[at].weight > 0).collect();
    order.sort_by_key(|&at| seats[at].tier);
    order
}

fn total_weight(seats: &[Seat], tier: &[usize]) -> u64 {
    tier.iter().fold(0, |sum, &at| sum.saturating_add(seats[at].weight))
}

/// The place in `tier` whose part of the summed weights holds `point`; the last place for a point beyond them.
fn place_of(seats: &[Seat], tier: &[usize], mut point: u64) -> usize {
    for (place, &at) in tier.iter().enumerate() {
        match point.checked_sub(seats[at].weight) {
            None => return place,
            Some(rest) => point = rest,
        }
    }
    tier.len().saturating_sub(1)
}

/// The place in `tier` that a roll in `[0, 1)` draws by weight.
fn drawn(seats: &[Seat], tier: &[usize], roll: f64) -> usize {
    let point = roll.clamp(0.0, 1.0) * total_weight(seats, tier) as f64;
    place_of(seats, tier, point as u64)
}

#[cfg(test)]
mod tests;
