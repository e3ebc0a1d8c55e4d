//! Selection: whatever the members, an order holds each member with weight once, tier by tier, and no other; shares
//! are those of the pick; a whole round of the round robin is exact; a session moves with its own member only.

use app::domain::{
    config::target_group::SelectionPolicy,
    routing::select::{Seat, Turn, order, shares},
};

/// Weights that bytes choose from; 0 more often than the others.
const WEIGHTS: [u64; 12] = [0, 0, 1, 1, 2, 3, 5, 10, 60, 100, 999_999, 1_000_000];
/// Bytes that make one seat.
const SEAT: usize = 5;
/// The longest round that is counted whole.
const ROUND: u64 = 300;

/// Checks the pool and the turn that the bytes make: 9 bytes for the turn, then 5 for each member.
pub(crate) fn holds(bytes: &[u8]) {
    let Some((head, rest)) = bytes.split_first_chunk::<9>() else { return };
    let [first, roll, roll2, number @ ..] = head;
    let number = number.iter().fold(0, |sum, &byte| sum << 8 | u64::from(byte));
    let turn = Turn {
        count: number.wrapping_sub(u64::from(*first >> 3)),
        roll: f64::from(*roll) / 256.0,
        roll2: f64::from(*roll2) / 256.0,
        session: number,
        ..Turn::default()
    };
    let seats: Vec<Seat> = rest.chunks_exact(SEAT).take(24).map(seat).collect();
    for policy in SelectionPolicy::ALL {
        one_order(policy, &seats, &turn);
    }
    whole_round(&seats, turn);
    for gone in 0..seats.len() {
        without(&seats, gone, &turn);
    }
}

fn seat(bytes: &[u8]) -> Seat {
    let &[weight, tier, in_flight, latency, key] = bytes else { return Seat::default() };
    Seat {
        weight: WEIGHTS[usize::from(weight) % WEIGHTS.len()],
        tier: u64::from(tier % 3) + 1,
        in_flight: u64::from(in_flight),
        latency_ms: (latency % 4 > 0).then_some(f64::from(latency)),
        key: u64::from(key).wrapping_mul(0x9e37_79b9_7f4a_7c15),
    }
}

fn one_order(policy: SelectionPolicy, seats: &[Seat], turn: &Turn) {
    let order = order(policy, seats, turn);
    assert!(order.iter().map(|&at| seats[at].tier).is_sorted(), "{policy:?}: a tier comes too early");
    let mut sorted = order.clone();
    sorted.sort_unstable();
    let expected: Vec<usize> = (0..seats.len()).filter(|&at| seats[at].weight > 0).collect();
    assert_eq!(sorted, expected, "{policy:?}: not each member with weight once");
    let shares = shares(policy, seats);
    let whole = shares.iter().sum::<f64>();
    assert!((whole - if order.is_empty() { 0.0 } else { 1.0 }).abs() < 1e-9, "{policy:?}: {shares:?}");
    for (seat, share) in seats.iter().zip(&shares) {
        let in_play = seat.weight > 0 && order.first().is_some_and(|&pick| seats[pick].tier == seat.tier);
        assert!(*share >= 0.0 && (in_play || *share == 0.0), "{policy:?}: {shares:?}");
    }
    assert!(order.first().is_none_or(|&pick| shares[pick] > 0.0), "{policy:?}: the pick has no share");
}

/// Any window of the weight sum gives each member of the best tier exactly its weight.
fn whole_round(seats: &[Seat], turn: Turn) {
    let best = seats.iter().filter(|it| it.weight > 0).map(|it| it.tier).min();
    let weights: Vec<u64> =
        seats.iter().map(|it| if Some(it.tier) == best { it.weight } else { 0 }).collect();
    let divisor = weights.iter().copied().fold(0, gcd);
    let round = weights.iter().sum::<u64>().checked_div(divisor).unwrap_or(0);
    // At the wrap of the counter two rounds meet, each of them exact for itself.
    if round == 0 || round > ROUND || turn.count.checked_add(round).is_none() {
        return;
    }
    let mut counts = vec![0; seats.len()];
    for count in turn.count..turn.count + round {
        counts[order(SelectionPolicy::WeightedRoundRobin, seats, &Turn { count, ..turn })[0]] += divisor;
    }
    assert_eq!(counts, weights, "a round from call {} is not exact", turn.count);
}

/// Without one member, a session finds the others in the order in which they were.
fn without(seats: &[Seat], gone: usize, turn: &Turn) {
    let policy = SelectionPolicy::SessionHash;
    let before = order(policy, seats, turn).into_iter().filter(|&at| at != gone);
    let expected: Vec<usize> = before.map(|at| at - usize::from(at > gone)).collect();
    let mut rest = seats.to_vec();
    rest.remove(gone);
    assert_eq!(order(policy, &rest, turn), expected, "a session moved that had no reason to");
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}
