//! Selection: whatever the members, an order holds each member with weight once, tier by tier, and no other; shares
//! are those of the pick; a whole round of the round robin is exact; a session moves with its own member only.

use app::domain::{
    config::target_group::SelectionPolicy,
    routing::select::{EligibleMember, SelectionInput, order, shares},
};

/// Weights that bytes choose from; 0 more often than the others.
const WEIGHTS: [u64; 12] = [0, 0, 1, 1, 2, 3, 5, 10, 60, 100, 999_999, 1_000_000];
/// Bytes that make one member.
const SEAT: usize = 5;
/// The longest round that is counted whole.
const ROUND: u64 = 300;

/// Checks the pool and the input that the bytes make: 9 bytes for the input, then 5 for each member.
pub(crate) fn holds(bytes: &[u8]) {
    let Some((head, rest)) = bytes.split_first_chunk::<9>() else { return };
    let [first, roll, roll2, number @ ..] = head;
    let number = number.iter().fold(0, |sum, &byte| sum << 8 | u64::from(byte));
    let input = SelectionInput {
        count: number.wrapping_sub(u64::from(*first >> 3)),
        roll: f64::from(*roll) / 256.0,
        roll2: f64::from(*roll2) / 256.0,
        session: number,
        ..SelectionInput::default()
    };
    let members: Vec<EligibleMember> = rest.chunks_exact(SEAT).take(24).map(member).collect();
    for policy in SelectionPolicy::ALL {
        one_order(policy, &members, &input);
    }
    whole_round(&members, input);
    for gone in 0..members.len() {
        without(&members, gone, &input);
    }
}

fn member(bytes: &[u8]) -> EligibleMember {
    let &[weight, tier, in_flight, latency, key] = bytes else { return EligibleMember::default() };
    EligibleMember {
        weight: WEIGHTS[usize::from(weight) % WEIGHTS.len()],
        tier: u64::from(tier % 3) + 1,
        in_flight: u64::from(in_flight),
        latency_ms: (latency % 4 > 0).then_some(f64::from(latency)),
        key: u64::from(key).wrapping_mul(0x9e37_79b9_7f4a_7c15),
    }
}

fn one_order(policy: SelectionPolicy, members: &[EligibleMember], input: &SelectionInput) {
    let order = order(policy, members, input);
    assert!(order.iter().map(|&at| members[at].tier).is_sorted(), "{policy:?}: a tier comes too early");
    let mut sorted = order.clone();
    sorted.sort_unstable();
    let expected: Vec<usize> = (0..members.len()).filter(|&at| members[at].weight > 0).collect();
    assert_eq!(sorted, expected, "{policy:?}: not each member with weight once");
    let shares = shares(policy, members);
    let whole = shares.iter().sum::<f64>();
    assert!((whole - if order.is_empty() { 0.0 } else { 1.0 }).abs() < 1e-9, "{policy:?}: {shares:?}");
    for (member, share) in members.iter().zip(&shares) {
        let in_play =
            member.weight > 0 && order.first().is_some_and(|&pick| members[pick].tier == member.tier);
        assert!(*share >= 0.0 && (in_play || *share == 0.0), "{policy:?}: {shares:?}");
    }
    assert!(order.first().is_none_or(|&pick| shares[pick] > 0.0), "{policy:?}: the pick has no share");
}

/// Any window of the weight sum gives each member of the best tier exactly its weight.
fn whole_round(members: &[EligibleMember], input: SelectionInput) {
    let best = members.iter().filter(|it| it.weight > 0).map(|it| it.tier).min();
    let weights: Vec<u64> =
        members.iter().map(|it| if Some(it.tier) == best { it.weight } else { 0 }).collect();
    let divisor = weights.iter().copied().fold(0, gcd);
    let round = weights.iter().sum::<u64>().checked_div(divisor).unwrap_or(0);
    // At the wrap of the counter two rounds meet, each of them exact for itself.
    if round == 0 || round > ROUND || input.count.checked_add(round).is_none() {
        return;
    }
    let mut counts = vec![0; members.len()];
    for count in input.count..input.count + round {
        counts[order(SelectionPolicy::WeightedRoundRobin, members, &SelectionInput { count, ..input })[0]] +=
            divisor;
    }
    assert_eq!(counts, weights, "a round from call {} is not exact", input.count);
}

/// Without one member, a session finds the others in the order in which they were.
fn without(members: &[EligibleMember], gone: usize, input: &SelectionInput) {
    let policy = SelectionPolicy::SessionHash;
    let before = order(policy, members, input).into_iter().filter(|&at| at != gone);
    let expected: Vec<usize> = before.map(|at| at - usize::from(at > gone)).collect();
    let mut rest = members.to_vec();
    rest.remove(gone);
    assert_eq!(order(policy, &rest, input), expected, "a session moved that had no reason to");
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}
