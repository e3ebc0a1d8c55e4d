//! Exact shares by weight, spread evenly, with no state but the pool's call counter.
//!
//! See `docs/decisions/002-stateless-weighted-round-robin.md`: the counter, modulo the sum `W` of the reduced
//! weights, is scattered by a stride coprime to `W`. That maps each residue to another residue, one to one, so any
//! `W` calls in a row give every member exactly its weight; a stride near `W`/φ makes the sequence smooth.

use super::{Seat, Turn, place_of, session_hash};

/// 1/φ: the stride that leaves the most even gaps.
const GOLDEN: f64 = 0.618_033_988_749_894_9;

pub(super) fn arrange(seats: &[Seat], tier: &mut [usize], turn: &Turn) {
    let divisor = tier.iter().fold(0, |divisor, &at| gcd(divisor, seats[at].weight));
    if tier.len() < 2 || divisor == 0 {
        return;
    }
    let whole = super::total_weight(seats, tier);
    let point = scattered(turn.count, whole / divisor) * divisor;
    let pick = place_of(seats, tier, point);
    tier.swap(0, pick);
    // Whoever comes next only matters when the pick fails; by chance and weight, so that no neighbour inherits all.
    session_hash::arrange(seats, &mut tier[1..], turn.count);
}

/// Where the call of that number falls in a round of `whole` calls.
fn scattered(count: u64, whole: u64) -> u64 {
    let at = u128::from(count % whole) * u128::from(stride(whole)) % u128::from(whole);
    u64::try_from(at).unwrap_or(0)
}

/// The number nearest to `whole`/φ that shares no divisor with `whole`.
fn stride(whole: u64) -> u64 {
    let near = (whole as f64 * GOLDEN).round() as u64;
    (0..=whole)
        .flat_map(|off| [near.saturating_sub(off), near + off])
        .find(|&it| it > 0 && gcd(it, whole) == 1)
        .unwrap_or(1)
}

fn gcd(mut a: u64, mut b: u64) -> u64 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

#[cfg(test)]
mod tests;
