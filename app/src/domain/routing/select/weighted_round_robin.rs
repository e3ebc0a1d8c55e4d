//! Exact shares by weight, spread evenly, with no state but the pool's call counter.
//!
//! See `docs/decisions/002-stateless-weighted-round-robin.md`: the counter, modulo the sum `W` of the reduced
//! weights, is scattered by a stride coprime to `W`. That maps each residue to another residue, one to one, so any
//! `W` calls in a row give every member exactly its weight; a stride near `W`/φ makes the sequence smooth.

use super::{Seat, Turn, place_of, session_hash, total_weight};

/// 1/φ: the stride that leaves the most even gaps.
const GOLDEN: f64 = 0.618_033_988_749_894_9;
/// A stride whose quotients stay within this is smooth enough; few candidates are looked at until one is found.
const SMOOTH: u64 = 8;
/// How far from `W`/φ a stride may be. Of 40 numbers in a row one is coprime to any sum of 256 weights.
const REACH: u64 = 64;

pub(super) fn arrange(seats: &[Seat], tier: &mut [usize], turn: &Turn) {
    if tier.len() < 2 {
        return;
    }
    tier.swap(0, pick(seats, tier, turn.count));
    // Whoever comes next only matters when the pick fails; by chance and weight, so that no neighbour inherits all.
    session_hash::arrange(seats, &mut tier[1..], turn.count);
}

/// The place in `tier` whose turn it is.
fn pick(seats: &[Seat], tier: &[usize], count: u64) -> usize {
    // Seats without weight are gone by now, so that neither number is 0; `max` says so to the arithmetic.
    let divisor = tier.iter().fold(0, |divisor, &at| gcd(divisor, seats[at].weight)).max(1);
    let whole = (total_weight(seats, tier) / divisor).max(1);
    place_of(seats, tier, scattered(count, whole) * divisor)
}

/// Where the call of that number falls in a round of `whole` calls.
fn scattered(count: u64, whole: u64) -> u64 {
    let at = u128::from(count % whole) * u128::from(stride(whole)) % u128::from(whole);
    u64::try_from(at).unwrap_or(0)
}

/// A number near `whole`/φ that shares no divisor with `whole`, so that every point is met once, and whose ratio to
/// `whole` is far from all simple fractions, so that no part of the round is met in clusters.
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

/// The greatest common divisor, and the largest quotient on the way to it: the larger it is, the nearer the ratio of
/// the two is to a simple fraction.
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
