//! Rules of the stateless weighted round robin.

use proptest::prelude::*;

use super::*;

fn members(weights: &[u64]) -> (Vec<EligibleMember>, Vec<usize>) {
    let members =
        weights.iter().map(|&weight| EligibleMember { weight, ..EligibleMember::default() }).collect();
    (members, (0..weights.len()).collect())
}

fn counts(weights: &[u64], from: u64, calls: u64) -> Vec<u64> {
    let (members, tier) = members(weights);
    let mut counts = vec![0; weights.len()];
    for count in from..from + calls {
        counts[pick(&members, &tier, count)] += 1;
    }
    counts
}

/// The modular inverse of the stride, which maps positions back to calls.
fn inverse(of: u64, modulus: u64) -> u64 {
    let (mut old_r, mut r) = (i128::from(of), i128::from(modulus));
    let (mut old_s, mut s) = (1_i128, 0_i128);
    while r != 0 {
        let quotient = old_r / r;
        (old_r, r) = (r, old_r - quotient * r);
        (old_s, s) = (s, old_s - quotient * s);
    }
    assert_eq!(old_r, 1, "the stride must be coprime to the sum");
    u64::try_from(old_s.rem_euclid(i128::from(modulus))).unwrap_or_default()
}

#[test]
fn equal_members_take_turns() {
    let (members, tier) = members(&[100, 100]);
    let picks: Vec<usize> = (0..6).map(|count| pick(&members, &tier, count)).collect();
    assert_eq!(picks, [0, 1, 0, 1, 0, 1]);
}

#[test]
fn a_heavy_member_is_interleaved_and_not_served_in_one_block() {
    let (members, tier) = members(&[5, 1, 1]);
    let picks: Vec<usize> = (0..14).map(|count| pick(&members, &tier, count)).collect();
    let longest_run = picks.chunk_by(|a, b| a == b).map(<[usize]>::len).max();
    assert!(longest_run <= Some(4), "{picks:?}");
}

#[test]
fn weights_at_the_limit_are_exact_over_a_whole_window() {
    assert_eq!(counts(&[300_000, 1], 17, 300_001), [300_000, 1]);
    assert_eq!(counts(&[1_000_000, 500_000, 250_000], 3, 7), [4, 2, 1]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn any_window_gives_every_member_exactly_its_weight(
        weights in prop::collection::vec(1_u64..20, 1..12),
        factor in 1_u64..50_000,
        from in 0_u64..1 << 60,
    ) {
        let scaled: Vec<u64> = weights.iter().map(|weight| weight * factor).collect();
        let divisor = weights.iter().copied().fold(0, gcd);
        let whole = weights.iter().sum::<u64>() / divisor;
        let expected: Vec<u64> = weights.iter().map(|weight| weight / divisor).collect();
        prop_assert_eq!(counts(&scaled, from, whole), expected);
    }

    #[test]
    fn a_window_maps_to_all_points_one_to_one_for_any_weights(
        weights in prop::collection::vec(1_u64..=1_000_000, 1..=256),
        probe in any::<u64>(),
    ) {
        let divisor = weights.iter().copied().fold(0, gcd);
        let whole = weights.iter().sum::<u64>() / divisor;
        // With an invertible stride every position belongs to one call of the window, so each member gets as many
        // calls as positions, which is its weight.
        let back = inverse(stride(whole) % whole.max(2), whole);
        let point = probe % whole;
        let call = u64::try_from(u128::from(back) * u128::from(point) % u128::from(whole)).unwrap_or_default();
        prop_assert_eq!(scattered(call, whole), point);
        let (members, tier) = members(&weights);
        let first_of = |member: usize| weights[..member].iter().sum::<u64>();
        let picked = pick(&members, &tier, call);
        prop_assert!((first_of(picked)..first_of(picked) + weights[picked]).contains(&(point * divisor)));
    }

    #[test]
    fn at_no_time_is_a_member_far_from_its_share(
        weights in prop_oneof![
            prop::collection::vec(1_u64..1_000, 2..10),
            prop::collection::vec(1_u64..=1_000_000, 2..10),
        ],
        from in 0_u64..1 << 40,
    ) {
        let (members, tier) = members(&weights);
        let whole = weights.iter().sum::<u64>() as f64;
        let mut counts = vec![0_u64; weights.len()];
        for call in 0..400 {
            counts[pick(&members, &tier, from + call)] += 1;
            for (count, weight) in counts.iter().zip(&weights) {
                let due = (call + 1) as f64 * *weight as f64 / whole;
                prop_assert!((*count as f64 - due).abs() <= 6.0, "{count} calls where {due} were due");
            }
        }
    }
}
