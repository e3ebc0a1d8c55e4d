//! Rules common to all policies, and rules of each.

mod naive;

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::domain::stable_hash::stable_hash;

fn member(weight: u64, tier: u64, name: &str) -> EligibleMember {
    EligibleMember { weight, tier, key: stable_hash(name), ..EligibleMember::default() }
}

fn busy(weight: u64, in_flight: u64) -> EligibleMember {
    EligibleMember { weight, in_flight, ..EligibleMember::default() }
}

fn slow(latency_ms: Option<f64>, in_flight: u64) -> EligibleMember {
    EligibleMember { weight: 1, latency_ms, in_flight, ..EligibleMember::default() }
}

/// How often each member is picked over an even grid of dice.
fn picked(policy: SelectionPolicy, members: &[EligibleMember]) -> Vec<f64> {
    const GRID: u32 = 400;
    let mut counts = vec![0.0; members.len()];
    for (a, b) in (0..GRID).flat_map(|a| (0..GRID).map(move |b| (a, b))) {
        let dice = |n: u32| (f64::from(n) + 0.5) / f64::from(GRID);
        let input = SelectionInput { roll: dice(a), roll2: dice(b), ..SelectionInput::default() };
        counts[order(policy, members, &input)[0]] += 1.0 / f64::from(GRID * GRID);
    }
    counts
}

fn any_policy() -> impl Strategy<Value = SelectionPolicy> {
    prop::sample::select(SelectionPolicy::ALL.to_vec())
}

fn any_member() -> impl Strategy<Value = EligibleMember> {
    let weight = prop_oneof![Just(0), 1_u64..10, 1_u64..=1_000_000];
    let latency = prop::option::of(0.0..10_000.0_f64);
    (weight, 1_u64..4, 0_u64..100, latency, any::<u64>()).prop_map(
        |(weight, tier, in_flight, latency_ms, key)| EligibleMember {
            weight,
            tier,
            in_flight,
            latency_ms,
            key,
        },
    )
}

fn any_input() -> impl Strategy<Value = SelectionInput> {
    (any::<u64>(), 0.0..1.0_f64, 0.0..1.0_f64, any::<u64>()).prop_map(|(count, roll, roll2, session)| {
        SelectionInput { count, roll, roll2, session, ..SelectionInput::default() }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn an_order_holds_each_seat_with_weight_once_and_no_other_tier_by_tier(
        policy in any_policy(),
        members in prop::collection::vec(any_member(), 0..20),
        input in any_input(),
    ) {
        let order = order(policy, &members, &input);
        let tiers: Vec<u64> = order.iter().map(|&at| members[at].tier).collect();
        prop_assert!(tiers.is_sorted());
        let mut sorted = order;
        sorted.sort_unstable();
        let naive: Vec<usize> = (0..members.len()).filter(|&at| members[at].weight > 0).collect();
        prop_assert_eq!(sorted, naive);
    }

    #[test]
    fn shares_are_a_whole_of_the_best_tier_and_the_pick_has_one(
        policy in any_policy(),
        members in prop::collection::vec(any_member(), 1..20),
        input in any_input(),
    ) {
        let shares = shares(policy, &members);
        match order(policy, &members, &input).first() {
            None => prop_assert!(shares.iter().all(|share| *share == 0.0)),
            Some(&pick) => {
                prop_assert!((shares.iter().sum::<f64>() - 1.0).abs() < 1e-9);
                prop_assert!(shares[pick] > 0.0);
                for (member, share) in members.iter().zip(&shares) {
                    prop_assert!(*share == 0.0 || (member.tier == members[pick].tier && member.weight > 0));
                }
            }
        }
    }

    #[test]
    fn a_session_moves_only_when_its_own_member_goes(
        weights in prop::collection::vec(1_u64..=1_000_000, 2..20),
        gone in any::<prop::sample::Index>(),
        session in any::<u64>(),
    ) {
        let members: Vec<EligibleMember> =
            weights.iter().enumerate().map(|(at, &weight)| member(weight, 1, &format!("inst_{at}"))).collect();
        let gone = gone.index(members.len());
        let input = SelectionInput { session, ..SelectionInput::default() };
        let before = order(SelectionPolicy::SessionHash, &members, &input);
        let mut rest = members;
        rest.remove(gone);
        let after = order(SelectionPolicy::SessionHash, &rest, &input);
        let expected: Vec<usize> =
            before.into_iter().filter(|&at| at != gone).map(|at| at - usize::from(at > gone)).collect();
        prop_assert_eq!(after, expected);
    }
}

#[test]
fn sessions_split_by_weight() {
    let members = [member(100, 1, "inst_a"), member(200, 1, "inst_b"), member(700, 1, "inst_c")];
    let mut counts = [0.0; 3];
    for session in 0..50_000 {
        let input = SelectionInput { session, ..SelectionInput::default() };
        counts[order(SelectionPolicy::SessionHash, &members, &input)[0]] += 1.0 / 50_000.0;
    }
    for (count, share) in counts.into_iter().zip(shares(SelectionPolicy::SessionHash, &members)) {
        assert!((count - share).abs() < 0.01, "{count} of {share}");
    }
}

#[test]
fn when_a_member_goes_its_sessions_spread_by_weight() {
    let members = [member(100, 1, "inst_a"), member(100, 1, "inst_b"), member(300, 1, "inst_c")];
    let mut heirs = BTreeMap::new();
    for session in 0..50_000 {
        let order = order(
            SelectionPolicy::SessionHash,
            &members,
            &SelectionInput { session, ..SelectionInput::default() },
        );
        if order[0] == 0 {
            *heirs.entry(order[1]).or_insert(0.0) += 1.0;
        }
    }
    let ratio = heirs[&2] / heirs[&1];
    assert!((2.7..3.3).contains(&ratio), "{ratio}");
}

#[test]
fn chance_splits_by_weight() {
    let members = [busy(1, 9), busy(2, 0), busy(0, 0), busy(7, 3)];
    let picked = picked(SelectionPolicy::WeightedRandom, &members);
    for (count, share) in picked.iter().zip(shares(SelectionPolicy::WeightedRandom, &members)) {
        assert!((count - share).abs() < 0.005, "{picked:?}");
    }
}

#[test]
fn of_two_drawn_the_one_with_fewer_calls_for_its_weight_answers() {
    let input = SelectionInput { roll: 0.0, roll2: 0.0, ..SelectionInput::default() };
    assert_eq!(order(SelectionPolicy::LeastInFlight, &[busy(1, 3), busy(1, 2)], &input), [1, 0]);
    assert_eq!(order(SelectionPolicy::LeastInFlight, &[busy(2, 3), busy(1, 2)], &input), [0, 1]);
}

#[test]
fn an_idle_pool_splits_by_weight_under_least_in_flight() {
    let members = [busy(1, 0), busy(3, 0)];
    assert_eq!(shares(SelectionPolicy::LeastInFlight, &members), [0.25, 0.75]);
}

#[test]
fn shares_of_least_in_flight_are_what_the_dice_give() {
    let members = [busy(1, 4), busy(2, 0), busy(3, 3), busy(5, 1)];
    let picked = picked(SelectionPolicy::LeastInFlight, &members);
    for (count, share) in picked.iter().zip(shares(SelectionPolicy::LeastInFlight, &members)) {
        assert!((count - share).abs() < 0.005, "{picked:?}");
    }
}

#[test]
fn the_fastest_answers_and_unsampled_members_come_first() {
    let by_latency = |members: &[EligibleMember]| {
        order(SelectionPolicy::LowestLatency, members, &SelectionInput::default())
    };
    assert_eq!(by_latency(&[slow(Some(30.0), 0), slow(Some(10.0), 5), slow(Some(20.0), 0)]), [1, 2, 0]);
    assert_eq!(by_latency(&[slow(Some(10.0), 0), slow(None, 0)]), [1, 0]);
}

#[test]
fn an_unsampled_member_gets_one_call_at_a_time() {
    let by_latency = |members: &[EligibleMember]| {
        order(SelectionPolicy::LowestLatency, members, &SelectionInput::default())
    };
    assert_eq!(by_latency(&[slow(None, 1), slow(Some(10.0), 0)]), [1, 0]);
    assert_eq!(by_latency(&[slow(None, 2), slow(None, 1)]), [1, 0]);
}

#[test]
fn priority_does_not_spread() {
    let members = [member(100, 2, "a"), member(50, 1, "b"), member(60, 1, "c"), member(60, 1, "d")];
    for count in 0..10 {
        let input = SelectionInput { count, roll: 0.9, session: count, ..SelectionInput::default() };
        assert_eq!(order(SelectionPolicy::Priority, &members, &input), [2, 3, 1, 0]);
    }
    assert_eq!(shares(SelectionPolicy::Priority, &members), [0.0, 0.0, 1.0, 0.0]);
}

#[test]
fn peak_ewma_jumps_up_at_once_and_comes_down_slowly() {
    let average = PeakEwma::default().observe(10.0, 0).observe(500.0, 100);
    assert_eq!(average.value(100), Some(500.0));
    let later = average.observe(10.0, 1_100).value(1_100);
    assert!(later > Some(400.0) && later < Some(500.0), "{later:?}");
}

#[test]
fn peak_ewma_fades_so_that_a_member_that_was_slow_is_tried_again() {
    let average = PeakEwma::default().observe(1_000.0, 0);
    assert!(average.value(60_000) < Some(10.0));
    assert_eq!(PeakEwma::default().value(5), None);
    assert_eq!(PeakEwma::from_bits(PeakEwma::default().to_bits()), PeakEwma::default());
    let read_back = PeakEwma::from_bits(average.to_bits());
    assert_eq!(read_back.value(0), Some(1_000.0));
    let years = 1_000 * 60 * 60 * 24 * 365 * 8;
    let late = PeakEwma::from_bits(PeakEwma::default().observe(0.5, years).to_bits());
    let value = late.value(years).unwrap_or_default();
    assert!((value - 0.5).abs() < 0.01, "{value}");
}

#[test]
fn peak_ewma_ignores_what_is_no_time() {
    let average = PeakEwma::default().observe(10.0, 0);
    assert_eq!(average.observe(f64::NAN, 0), average);
    assert_eq!(average.observe(-1.0, 0), average);
    assert_eq!(average.observe(f64::INFINITY, 0), average);
}
