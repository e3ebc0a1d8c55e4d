//! The policies against simple, slow reference models.
//!
//! Each case counts picks over a complete set of inputs, so that shares are met exactly; only hashes need a
//! statistical bound.

use super::*;

/// A member of a small weight, so that whole rounds are short; every third weight is 0.
fn small_member(weight_below: u64) -> impl Strategy<Value = EligibleMember> {
    let weight = prop_oneof![1 => Just(0), 2 => 1..weight_below];
    let latency = prop::option::of(prop::sample::select(vec![0.0, 1.0, 20.0, 300.0]));
    (weight, 1_u64..4, 0_u64..4, latency, any::<u64>()).prop_map(
        |(weight, tier, in_flight, latency_ms, key)| EligibleMember {
            weight,
            tier,
            in_flight,
            latency_ms,
            key,
        },
    )
}

fn pool(weight_below: u64, members: usize) -> impl Strategy<Value = Vec<EligibleMember>> {
    prop::collection::vec(small_member(weight_below), 1..=members)
}

/// The weights that count: those of the best tier with any weight.
fn in_play(members: &[EligibleMember]) -> Vec<u64> {
    let best = members.iter().filter(|it| it.weight > 0).map(|it| it.tier).min();
    members.iter().map(|it| if Some(it.tier) == best { it.weight } else { 0 }).collect()
}

/// Rolls that hit each unit of weight once.
fn each_unit(weight: u64) -> impl Iterator<Item = f64> {
    (0..weight).map(move |unit| (unit as f64 + 0.5) / weight as f64)
}

/// Fraction of the picks of each member, with each input weighted.
fn frequencies(
    policy: SelectionPolicy,
    members: &[EligibleMember],
    inputs: impl Iterator<Item = (SelectionInput, f64)>,
) -> Vec<f64> {
    let mut frequencies = vec![0.0; members.len()];
    for (input, part) in inputs {
        if let Some(&pick) = order(policy, members, &input).first() {
            frequencies[pick] += part;
        }
    }
    frequencies
}

fn is_same(a: &[f64], b: &[f64]) -> bool {
    a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-9)
}

/// Whether a count of `n` independent draws agrees with a share: within six standard deviations and one draw.
fn is_likely(count: usize, n: usize, share: f64) -> bool {
    let n = n as f64;
    (count as f64 - n * share).abs() <= 6.0 * (n * share * (1.0 - share)).sqrt() + 1.0
}

/// The order of a policy that neither rolls nor counts: the best of those that are left, again and again.
fn best_first(
    members: &[EligibleMember],
    is_better: impl Fn(&EligibleMember, &EligibleMember) -> bool,
) -> Vec<usize> {
    let mut left: Vec<usize> = (0..members.len()).filter(|&at| members[at].weight > 0).collect();
    let mut order = Vec::new();
    while let Some(&first) = left.first() {
        let best = left.iter().fold(first, |best, &at| {
            let (a, b) = (&members[at], &members[best]);
            if a.tier < b.tier || (a.tier == b.tier && is_better(a, b)) { at } else { best }
        });
        left.retain(|&at| at != best);
        order.push(best);
    }
    order
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn any_window_of_the_weight_sum_is_exact_and_the_shares_say_so(
        members in pool(10, 6),
        factor in prop::sample::select(vec![1_u64, 3, 16_666]),
        from in 0..u64::MAX - 100,
    ) {
        let members: Vec<EligibleMember> = members.iter().map(|it| EligibleMember { weight: it.weight * factor, ..*it }).collect();
        let weights = in_play(&members);
        let window = weights.iter().sum::<u64>() / factor;
        let mut counts = vec![0; members.len()];
        for count in from..from + window {
            counts[order(SelectionPolicy::WeightedRoundRobin, &members, &SelectionInput { count, ..SelectionInput::default() })[0]] += factor;
        }
        prop_assert_eq!(&counts, &weights);
        let frequencies: Vec<f64> = counts.iter().map(|it| *it as f64 / (window * factor).max(1) as f64).collect();
        prop_assert!(is_same(&frequencies, &shares(SelectionPolicy::WeightedRoundRobin, &members)));
    }

    #[test]
    fn chance_gives_each_its_share_over_all_dice(members in pool(20, 6), roll2 in 0.0..1.0_f64) {
        let whole: u64 = in_play(&members).iter().sum();
        let inputs = each_unit(whole).map(|roll| (SelectionInput { roll, roll2, ..SelectionInput::default() }, 1.0 / whole as f64));
        let frequencies = frequencies(SelectionPolicy::WeightedRandom, &members, inputs);
        prop_assert!(is_same(&frequencies, &shares(SelectionPolicy::WeightedRandom, &members)), "{:?}", frequencies);
    }

    #[test]
    fn two_choices_give_each_its_share_over_all_dice(members in pool(5, 4)) {
        let weights = in_play(&members);
        let whole: u64 = weights.iter().sum();
        let owners = || weights.iter().flat_map(|&weight| std::iter::repeat_n(weight, weight as usize));
        let inputs = each_unit(whole).zip(owners()).flat_map(|(roll, first)| {
            // The second draw is among all others, if there are any.
            let others = (whole - first).max(1);
            let part = 1.0 / (whole * others) as f64;
            each_unit(others).map(move |roll2| (SelectionInput { roll, roll2, ..SelectionInput::default() }, part))
        });
        let frequencies = frequencies(SelectionPolicy::LeastInFlight, &members, inputs);
        let shares = shares(SelectionPolicy::LeastInFlight, &members);
        prop_assert!(is_same(&frequencies, &shares), "{:?} {:?}", frequencies, shares);
    }

    #[test]
    fn of_two_choices_the_pick_is_never_the_most_loaded_and_the_rest_come_by_load(
        members in pool(10, 8),
        input in any_input(),
    ) {
        let load = |at: usize| members[at].in_flight as f64 / members[at].weight as f64;
        let order = order(SelectionPolicy::LeastInFlight, &members, &input);
        for tier in order.chunk_by(|&a, &b| members[a].tier == members[b].tier) {
            prop_assert!(tier[1..].iter().map(|&at| load(at)).is_sorted());
            let loads_above = tier[1..].iter().filter(|&&at| load(at) >= load(tier[0])).count();
            prop_assert!(tier.len() < 2 || loads_above > 0, "{:?}", tier);
        }
    }

    #[test]
    fn priority_and_latency_take_the_best_that_is_left(members in pool(10, 8), input in any_input()) {
        let heavier = |a: &EligibleMember, b: &EligibleMember| a.weight > b.weight;
        let expected = best_first(&members, heavier);
        prop_assert_eq!(order(SelectionPolicy::Priority, &members, &input), expected);
        // Without samples and idle, then with samples, then without samples and busy.
        let measured = |it: &EligibleMember| match it.latency_ms {
            None if it.in_flight == 0 => (0, 0.0),
            Some(latency) => (1, latency),
            None => (2, it.in_flight as f64),
        };
        let faster = |a: &EligibleMember, b: &EligibleMember| {
            measured(a) < measured(b) || (measured(a) == measured(b) && heavier(a, b))
        };
        let expected = best_first(&members, faster);
        prop_assert_eq!(order(SelectionPolicy::LowestLatency, &members, &input), expected);
    }

    #[test]
    fn what_a_policy_does_not_look_at_changes_nothing(
        policy in any_policy(),
        members in pool(10, 8),
        input in any_input(),
        other in any_input(),
    ) {
        // Members without weight move least: the others keep their order.
        let (places, rest): (Vec<usize>, Vec<EligibleMember>) =
            members.iter().copied().enumerate().filter(|(_, member)| member.weight > 0).unzip();
        let without: Vec<usize> = order(policy, &rest, &input).into_iter().map(|at| places[at]).collect();
        prop_assert_eq!(order(policy, &members, &input), without);
        let input2 = match policy {
            SelectionPolicy::WeightedRoundRobin => SelectionInput { count: input.count, ..other },
            SelectionPolicy::WeightedRandom | SelectionPolicy::LeastInFlight => {
                SelectionInput { roll: input.roll, roll2: input.roll2, ..other }
            }
            SelectionPolicy::SessionHash => SelectionInput { session: input.session, ..other },
            SelectionPolicy::LowestLatency | SelectionPolicy::Priority => other,
        };
        prop_assert_eq!(order(policy, &members, &input), order(policy, &members, &input2));
    }

    #[test]
    fn a_weight_that_grows_draws_sessions_and_moves_none_between_the_others(
        members in prop::collection::vec(any_member(), 2..12),
        grown in any::<prop::sample::Index>(),
        by in 1_u64..1_000_000,
        session in any::<u64>(),
    ) {
        let input = SelectionInput { session, ..SelectionInput::default() };
        let grown = grown.index(members.len());
        let mut heavier = members.clone();
        heavier[grown].weight += by;
        let before = order(SelectionPolicy::SessionHash, &members, &input);
        let after = order(SelectionPolicy::SessionHash, &heavier, &input);
        let others = |order: &[usize]| order.iter().copied().filter(|&at| at != grown).collect::<Vec<_>>();
        prop_assert_eq!(others(&before), others(&after), "the others keep their order");
        let place = |order: &[usize]| order.iter().position(|&at| at == grown);
        prop_assert!(place(&before).is_none_or(|before| place(&after) <= Some(before)));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn sessions_split_by_share_and_a_member_that_comes_or_goes_moves_no_more_than_its_own(
        weights in prop::collection::vec(prop_oneof![1_u64..10, 1_u64..=1_000_000], 2..8),
        salt in any::<u64>(),
        first in any::<u64>(),
        comes in any::<prop::sample::Index>(),
    ) {
        const SESSIONS: usize = 1_000;
        let name = |at: usize| format!("inst_{salt}_{at}");
        let all: Vec<EligibleMember> = weights.iter().enumerate().map(|(at, &weight)| member(weight, 1, &name(at))).collect();
        let comes = comes.index(all.len());
        let mut without = all.clone();
        without[comes].weight = 0;
        let (mut counts, mut moved) = (vec![0; all.len()], 0);
        for session in (0..SESSIONS as u64).map(|it| first.wrapping_add(it)) {
            let pick = |members: &[EligibleMember]| order(SelectionPolicy::SessionHash, members, &SelectionInput { session, ..SelectionInput::default() })[0];
            let (before, after) = (pick(&without), pick(&all));
            counts[after] += 1;
            prop_assert!(before == after || after == comes, "a session moved between two that stayed");
            moved += usize::from(before != after);
        }
        let shares = shares(SelectionPolicy::SessionHash, &all);
        for (count, share) in counts.iter().zip(&shares) {
            prop_assert!(is_likely(*count, SESSIONS, *share), "{count} of {SESSIONS} for a share of {share}");
        }
        prop_assert_eq!(moved, counts[comes], "what moves is what it holds");
        prop_assert!(is_likely(moved, SESSIONS, shares[comes]));
    }
}
