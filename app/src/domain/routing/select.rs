//! Selection of pool members: one module per policy, and the tiers that all policies share.
//!
//! The first index is the pick, the rest is the failover order: the whole best tier, then the next tiers. Members
//! with weight 0 never appear. All functions are pure: counter, random numbers and load are arguments.

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
pub struct EligibleMember {
    /// Share of its tier's traffic, 0–1 000 000.
    pub weight: u64,
    /// Lower tiers are used first.
    pub tier: u64,
    /// Calls in flight.
    pub in_flight: u64,
    /// Moving average of the time to first byte, in milliseconds; `None` before the first sample.
    pub latency_ms: Option<f64>,
    /// Stable hash of the instance's id: [`stable_hash`](crate::domain::stable_hash::stable_hash).
    pub key: u64,
}

/// Inputs of the selection that differ from call to call.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct SelectionInput {
    /// Number of earlier calls of this pool; may wrap around.
    pub count: u64,
    /// Uniform in `[0, 1)`.
    pub roll: f64,
    /// Uniform in `[0, 1)`, independent of `roll`.
    pub roll2: f64,
    /// Uniform in `[0, 1)`, independent of both: decides which members in slow start are skipped.
    pub slow_start_roll: f64,
    /// Hash of the session.
    pub session: u64,
}

/// The indexes of members in the order in which they would be tried, the pick first.
pub fn order(policy: SelectionPolicy, members: &[EligibleMember], input: &SelectionInput) -> Vec<usize> {
    let mut order: Vec<usize> = by_tier(members);
    for tier in order.chunk_by_mut(|&a, &b| members[a].tier == members[b].tier) {
        match policy {
            SelectionPolicy::WeightedRoundRobin => weighted_round_robin::arrange(members, tier, input),
            SelectionPolicy::WeightedRandom => weighted_random::arrange(members, tier, input),
            SelectionPolicy::LeastInFlight => least_in_flight::arrange(members, tier, input),
            SelectionPolicy::LowestLatency => lowest_latency::arrange(members, tier),
            SelectionPolicy::Priority => priority::arrange(members, tier),
            SelectionPolicy::SessionHash => session_hash::arrange(members, tier, input.session),
        }
    }
    order
}

/// The current share of the traffic of each member, 0.0–1.0. The sum is 1, or 0 if no member has weight. For
/// policies that compare load this is the share of the next call, over all rolls.
pub fn shares(policy: SelectionPolicy, members: &[EligibleMember]) -> Vec<f64> {
    let mut shares = vec![0.0; members.len()];
    let mut order = by_tier(members);
    let Some(tier) = order.chunk_by_mut(|&a, &b| members[a].tier == members[b].tier).next() else {
        return shares;
    };
    match policy {
        SelectionPolicy::WeightedRoundRobin
        | SelectionPolicy::WeightedRandom
        | SelectionPolicy::SessionHash => {
            let whole = total_weight(members, tier) as f64;
            for &at in &*tier {
                shares[at] = members[at].weight as f64 / whole;
            }
        }
        SelectionPolicy::LeastInFlight => least_in_flight::shares(members, tier, &mut shares),
        SelectionPolicy::LowestLatency => {
            lowest_latency::arrange(members, tier);
            shares[tier[0]] = 1.0;
        }
        SelectionPolicy::Priority => {
            priority::arrange(members, tier);
            shares[tier[0]] = 1.0;
        }
    }
    shares
}

/// The indexes of members with weight, by tier, each tier in the given order.
fn by_tier(members: &[EligibleMember]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..members.len()).filter(|&at| members[at].weight > 0).collect();
    order.sort_by_key(|&at| members[at].tier);
    order
}

fn total_weight(members: &[EligibleMember], tier: &[usize]) -> u64 {
    tier.iter().fold(0, |sum, &at| sum.saturating_add(members[at].weight))
}

/// The index in `tier` whose part of the cumulative weights contains `point`; the last index for a point beyond
/// them.
fn place_of(members: &[EligibleMember], tier: &[usize], mut point: u64) -> usize {
    for (place, &at) in tier.iter().enumerate() {
        match point.checked_sub(members[at].weight) {
            None => return place,
            Some(rest) => point = rest,
        }
    }
    tier.len().saturating_sub(1)
}

/// The index in `tier` that a roll in `[0, 1)` draws by weight.
fn drawn(members: &[EligibleMember], tier: &[usize], roll: f64) -> usize {
    let point = roll.clamp(0.0, 1.0) * total_weight(members, tier) as f64;
    place_of(members, tier, point as u64)
}

#[cfg(test)]
mod tests;
