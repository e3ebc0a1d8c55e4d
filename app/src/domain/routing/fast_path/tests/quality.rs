//! What the fast path saves on generated streams, and that it closes rather than lies. The sets are small, so that
//! they run in seconds without optimisation; `cargo bench -p smart-balancer --bench fast_path` runs them in full size.

use super::{
    generated::SetKind,
    scenarios::{erring, nearest_neighbour_agreement, steady, strangers, swap},
};

const REALISTIC: SetKind = SetKind { labels: 4, dimensions: 32, noise: 0.8, between: 0.4 };
const CALLS: usize = 900;

#[test]
fn most_calls_are_saved_and_agree() {
    let near = nearest_neighbour_agreement(REALISTIC, 1_000, 200);
    assert!((0.90..=0.97).contains(&near), "the set is realistic: {near}");
    let (tally, replay) = steady(REALISTIC, 1, CALLS);
    assert!(tally.saved() >= 0.4 && tally.precision() >= 0.95, "{}", tally.describe());
    let (explored, agreement, bound) = replay.learner().explored();
    assert!(explored > 30 && agreement > bound && bound >= 0.85, "{explored} {agreement} {bound}");
}

#[test]
fn a_judge_that_swaps_two_routes_is_followed_within_300_calls() {
    for seed in [1, 2, 3] {
        let [first, later] = swap(REALISTIC, seed, CALLS);
        assert!(later.agreement() >= 0.92, "{}, then {}", first.describe(), later.describe());
    }
}

#[test]
fn texts_that_belong_nowhere_are_not_answered_with_a_route() {
    let tally = strangers(REALISTIC, 6, CALLS);
    assert!(tally.agreement() >= 0.90, "{}", tally.describe());
}

#[test]
fn a_judge_with_random_errors_is_not_answered_for_more_surely_than_it_agrees() {
    let tally = erring(REALISTIC, 8, CALLS, 0.05);
    // The bound on what is answered holds for the judge as it is, errors included.
    assert!(tally.precision() >= 0.90 && tally.agreement() >= 0.92, "{}", tally.describe());
}

#[test]
fn a_judge_at_random_is_never_answered_for() {
    let tally = erring(REALISTIC, 9, CALLS, 0.8);
    assert!(tally.saved() < 0.001, "{}", tally.describe());
}
