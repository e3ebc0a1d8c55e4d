//! Exact shares by weight, evenly interleaved, with no state but the pool's call counter.
//!
//! See `docs/decisions/002-stateless-weighted-round-robin.md`: the counter, modulo the sum `W` of the reduced
//! weights, is scattered by a stride coprime to `W`. That maps each residue to another residue, one to one, so any
//! `W` calls in a row give every member exactly its weight; a stride near `W`/φ makes the sequence smooth.

use super::{EligibleMember, SelectionInput, place_of, session_hash, total_weight};

/// 1/φ: the stride that leaves the most even gaps.
const GOLDEN: f64 = 0.618_033_988_749_894_9;
/// A stride with continued-fraction quotients up to this is smooth enough, so that few candidates are examined.
const SMOOTH: u64 = 8;
/// Maximum distance of a stride from `W`/φ. Of 40 consecutive numbers one is coprime to any sum of 256 weights.
const REACH: u64 = 64;

pub(super) fn arrange(members: &[EligibleMember], tier: &mut [usize], input: &SelectionInput) {
    if tier.len() < 2 {
        return;
    }
    tier.swap(0, pick(members, tier, input.count));
    // The order of the others only matters if the pick fails; it is random by weight, so no neighbour inherits all
    // traffic.
    session_hash::arrange(members, &mut tier[1..], input.count);
}

/// The index in `tier` that a call picks.
fn pick(members: &[EligibleMember], tier: &[usize], count: u64) -> usize {
    // Members without weight were removed before, so neither number is 0; `max` makes that explicit.
    let divisor = tier.iter().fold(0, |divisor, &at| gcd(divisor, members[at].weight)).max(1);
    let whole = (total_weight(members, tier) / divisor).max(1);
    place_of(members, tier, scattered(count, whole) * divisor)
}

/// Position of a call's number in a round of `whole` calls.
fn scattered(count: u64, whole: u64) -> u64 {
    let at = u128::from(count % whole) * u128::from(stride(whole)) % u128::from(whole);
    u64::try_from(at).unwrap_or(0)
}

/// A number near `whole`/φ that is coprime to `whole`, so that every position occurs once, and whose ratio to
/// `whole` is far from simple fractions, so that positions do not cluster.
fn stride(whole: u64) -> u64 {
    let near = (whole as f64 * GOLDEN).round() as u64;
    let mut best = (u64::MAX, 1);
    for candidate in (0..=REACH).flat_map(|off| [near.saturating_sub(off), near + off]) {
        if candidate == 0 || candidate >= whole {
            continue;
        }
        let (divisor, quotient) = euclid(whole, candidate);
        if divisor != 1 {
            continue;
        }
        if quotient <= SMOOTH {
            return candidate;
        }
        best = best.min((quotient, candidate));
    }
    best.1
}

/// The greatest common divisor, and the largest quotient on the way: the larger it is, the nearer the ratio is to a
/// simple fraction.
fn euclid(mut a: u64, mut b: u64) -> (u64, u64) {
    let mut largest = 0;
    while b != 0 {
        largest = largest.max(a / b);
        (a, b) = (b, a % b);
    }
    (a, largest)
}

fn gcd(a: u64, b: u64) -> u64 {
    euclid(a, b).0
}

#[cfg(test)]
mod tests;
