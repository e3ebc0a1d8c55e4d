//! The rules that every policy keeps, and those of each.

mod naive;

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::domain::stable_hash::stable_hash;

fn seat(weight: u64, tier: u64, name: &str) -> Seat {
    Seat { weight, tier, key: stable_hash(name), ..Seat::default() }
}

fn busy(weight: u64, in_flight: u64) -> Seat {
    Seat { weight, in_flight, ..Seat::default() }
}

fn slow(latency_ms: Option<f64>, in_flight: u64) -> Seat {
    Seat { weight: 1, latency_ms, in_flight, ..Seat::default() }
}

/// How often each seat is picked over an even grid of dice.
fn picked(policy: SelectionPolicy, seats: &[Seat]) -> Vec<f64> {
    const GRID: u32 = 400;
    let mut counts = vec![0.0; seats.len()];
    for (a, b) in (0..GRID).flat_map(|a| (0..GRID).map(move |b| (a, b))) {
        let dice = |n: u32| (f64::from(n) + 0.5) / f64::from(GRID);
        let turn = Turn { roll: dice(a), roll2: dice(b), ..Turn::default() };
        counts[order(policy, seats, &turn)[0]] += 1.0 / f64::from(GRID * GRID);
    }
    counts
}

fn any_policy() -> impl Strategy<Value = SelectionPolicy> {
    prop::sample::select(SelectionPolicy::ALL.to_vec())
}

fn any_seat() -> impl Strategy<Value = Seat> {
    let weight = prop_oneof![Just(0), 1_u64..10, 1_u64..=1_000_000];
    let latency = prop::option::of(0.0..10_000.0_f64);
    (weight, 1_u64..4, 0_u64..100, latency, any::<u64>()).prop_map(
        |(weight, tier, in_flight, latency_ms, key)| Seat { weight, tier, in_flight, latency_ms, key },
    )
}

fn any_turn() -> impl Strategy<Value = Turn> {
    (any::<u64>(), 0.0..1.0_f64, 0.0..1.0_f64, any::<u64>()).prop_map(|(count, roll, roll2, session)| Turn {
        count,
        roll,
        roll2,
        session,
        ..Turn::default()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn an_order_holds_each_seat_with_weight_once_and_no_other_tier_by_tier(
        policy in any_policy(),
        seats in prop::collection::vec(any_seat(), 0..20),
        turn in any_turn(),
    ) {
        let order = order(policy, &seats, &turn);
        let tiers: Vec<u64> = order.iter().map(|&at| seats[at].tier).collect();
        prop_assert!(tiers.is_sorted());
        let mut sorted = order;
        sorted.sort_unstable();
        let naive: Vec<usize> = (0..seats.len()).filter(|&at| seats[at].weight > 0).collect();
        prop_assert_eq!(sorted, naive);
    }

    #[test]
    fn shares_are_a_whole_of_the_best_tier_and_the_pick_has_one(
        policy in any_policy(),
        seats in prop::collection::vec(any_seat(), 1..20),
        turn in any_turn(),
    ) {
        let shares = shares(policy, &seats);
        match order(policy, &seats, &turn).first() {
            None => prop_assert!(shares.iter().all(|share| *share == 0.0)),
            Some(&pick) => {
                prop_assert!((shares.iter().sum::<f64>() - 1.0).abs() < 1e-9);
                prop_assert!(shares[pick] > 0.0);
                for (seat, share) in seats.iter().zip(&shares) {
                    prop_assert!(*share == 0.0 || (seat.tier == seats[pick].tier && seat.weight > 0));
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
        let seats: Vec<Seat> =
            weights.iter().enumerate().map(|(at, &weight)| seat(weight, 1, &format!("inst_{at}"))).collect();
        let gone = gone.index(seats.len());
        let turn = Turn { session, ..Turn::default() };
        let before = order(SelectionPolicy::SessionHash, &seats, &turn);
        let mut rest = seats;
        rest.remove(gone);
        let after = order(SelectionPolicy::SessionHash, &rest, &turn);
        let expected: Vec<usize> =
            before.into_iter().filter(|&at| at != gone).map(|at| at - usize::from(at > gone)).collect();
        prop_assert_eq!(after, expected);
    }
}

#[test]
fn sessions_split_by_weight() {
    let seats = [seat(100, 1, "inst_a"), seat(200, 1, "inst_b"), seat(700, 1, "inst_c")];
    let mut counts = [0.0; 3];
    for session in 0..50_000 {
        let turn = Turn { session, ..Turn::default() };
        counts[order(SelectionPolicy::SessionHash, &seats, &turn)[0]] += 1.0 / 50_000.0;
    }
    for (count, share) in counts.into_iter().zip(shares(SelectionPolicy::SessionHash, &seats)) {
        assert!((count - share).abs() < 0.01, "{count} of {share}");
    }
}

#[test]
fn when_a_member_goes_its_sessions_spread_by_weight() {
    let seats = [seat(100, 1, "inst_a"), seat(100, 1, "inst_b"), seat(300, 1, "inst_c")];
    let mut heirs = BTreeMap::new();
    for session in 0..50_000 {
        let order = order(SelectionPolicy::SessionHash, &seats, &Turn { session, ..Turn::default() });
        if order[0] == 0 {
            *heirs.entry(order[1]).or_insert(0.0) += 1.0;
        }
    }
    let ratio = heirs[&2] / heirs[&1];
    assert!((2.7..3.3).contains(&ratio), "{ratio}");
}

#[test]
fn chance_splits_by_weight() {
    let seats = [busy(1, 9), busy(2, 0), busy(0, 0), busy(7, 3)];
    let picked = picked(SelectionPolicy::WeightedRandom, &seats);
    for (count, share) in picked.iter().zip(shares(SelectionPolicy::WeightedRandom, &seats)) {
        assert!((count - share).abs() < 0.005, "{picked:?}");
    }
}

#[test]
fn of_two_drawn_the_one_with_fewer_calls_for_its_weight_answers() {
    let turn = Turn { roll: 0.0, roll2: 0.0, ..Turn::default() };
    assert_eq!(order(SelectionPolicy::LeastInFlight, &[busy(1, 3), busy(1, 2)], &turn), [1, 0]);
    assert_eq!(order(SelectionPolicy::LeastInFlight, &[busy(2, 3), busy(1, 2)], &turn), [0, 1]);
}

#[test]
fn an_idle_pool_splits_by_weight_under_least_in_flight() {
    let seats = [busy(1, 0), busy(3, 0)];
    assert_eq!(shares(SelectionPolicy::LeastInFlight, &seats), [0.25, 0.75]);
}

#[test]
fn shares_of_least_in_flight_are_what_the_dice_give() {
    let seats = [busy(1, 4), busy(2, 0), busy(3, 3), busy(5, 1)];
    let picked = picked(SelectionPolicy::LeastInFlight, &seats);
    for (count, share) in picked.iter().zip(shares(SelectionPolicy::LeastInFlight, &seats)) {
        assert!((count - share).abs() < 0.005, "{picked:?}");
    }
}

#[test]
fn the_fastest_answers_and_unsampled_members_come_first() {
    let by_latency = |seats: &[Seat]| order(SelectionPolicy::LowestLatency, seats, &Turn::default());
    assert_eq!(by_latency(&[slow(Some(30.0), 0), slow(Some(10.0), 5), slow(Some(20.0), 0)]), [1, 2, 0]);
    assert_eq!(by_latency(&[slow(Some(10.0), 0), slow(None, 0)]), [1, 0]);
}

#[test]
fn an_unsampled_member_gets_one_call_at_a_time() {
    let by_latency = |seats: &[Seat]| order(SelectionPolicy::LowestLatency, seats, &Turn::default());
    assert_eq!(by_latency(&[slow(None, 1), slow(Some(10.0), 0)]), [1, 0]);
    assert_eq!(by_latency(&[slow(None, 2), slow(None, 1)]), [1, 0]);
}

#[test]
fn priority_does_not_spread() {
    let seats = [seat(100, 2, "a"), seat(50, 1, "b"), seat(60, 1, "c"), seat(60, 1, "d")];
    for count in 0..10 {
        let turn = Turn { count, roll: 0.9, session: count, ..Turn::default() };
        assert_eq!(order(SelectionPolicy::Priority, &seats, &turn), [2, 3, 1, 0]);
    }
    assert_eq!(shares(SelectionPolicy::Priority, &seats), [0.0, 0.0, 1.0, 0.0]);
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
}

#[test]
fn peak_ewma_ignores_what_is_no_time() {
    let average = PeakEwma::default().observe(10.0, 0);
    assert_eq!(average.observe(f64::NAN, 0), average);
    assert_eq!(average.observe(-1.0, 0), average);
    assert_eq!(average.observe(f64::INFINITY, 0), average);
}
