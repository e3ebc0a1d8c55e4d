//! A plain model of the arithmetic: 64-bit vectors and the formulas as they are written down.

use proptest::prelude::*;

use super::super::*;

fn cosine(a: &[f64], b: &[f64]) -> f64 {
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
}

fn exact(embedding: &Embedding) -> Vec<f64> {
    embedding.components().into_iter().map(f64::from).collect()
}

/// The winning label, its nearest similarity and the margin, with the weights of all labels.
fn vote(entries: &[(usize, Vec<f64>)], query: &[f64]) -> Option<(usize, f64, f64, Vec<f64>)> {
    let mut near: Vec<(f64, usize)> = entries.iter().map(|(label, it)| (cosine(it, query), *label)).collect();
    near.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut weights = vec![0.0; 4];
    near.iter().take(7).for_each(|(similarity, label)| weights[*label] += (10.0 * similarity).exp());
    let winner = (0..4).max_by(|a, b| weights[*a].total_cmp(&weights[*b]))?;
    let nearest = |own: bool| near.iter().find(|it| (it.1 == winner) == own).map(|it| it.0);
    Some((winner, nearest(true)?, nearest(true)? - nearest(false)?, weights))
}

fn threshold(samples: &[Sample]) -> Option<f32> {
    let passes = |least: f32| {
        let above: Vec<&Sample> = samples.iter().filter(|it| it.margin >= least).collect();
        let weight = |only: bool| -> f64 {
            above.iter().filter(|it| it.agreed || !only).map(|it| f64::from(it.weight)).sum()
        };
        let (n, z) = (above.len() as f64, 1.644_853_626_951_472_2_f64);
        let p = weight(true) / weight(false);
        let centre = p + z * z / (2.0 * n);
        let spread = z * (p * (1.0 - p) / n + z * z / (4.0 * n * n)).sqrt();
        above.len() >= 30 && (centre - spread) / (1.0 + z * z / n) >= 0.90
    };
    samples.iter().map(|it| it.margin).filter(|it| passes(*it)).min_by(f32::total_cmp)
}

fn floor(samples: &[Sample]) -> Option<f32> {
    let agreeing = || samples.iter().filter(|it| it.agreed);
    let whole: f64 = agreeing().map(|it| f64::from(it.weight)).sum();
    let below =
        |at: f32| -> f64 { agreeing().filter(|it| it.nearest <= at).map(|it| f64::from(it.weight)).sum() };
    agreeing().map(|it| it.nearest).filter(|it| below(*it) >= 0.25 * whole).min_by(f32::total_cmp)
}

fn samples() -> impl Strategy<Value = Vec<Sample>> {
    let sample = (0_u8..40, 0_u8..40, 0_u8..30, prop::sample::select(vec![1.0_f32, 2.0, 12.5])).prop_map(
        |(margin, nearest, chance, weight)| Sample {
            margin: f32::from(margin) / 64.0,
            nearest: f32::from(nearest) / 64.0,
            // A larger margin agrees more often.
            agreed: chance > 2 || margin > 20 + chance,
            weight,
            caller: 1,
        },
    );
    prop::collection::vec(sample, 0..300)
}

proptest! {
    #[test]
    fn similarities_are_near_those_of_the_original_vectors(
        (a, b) in (1_usize..700).prop_flat_map(|n| {
            let values = prop::collection::vec(-1.0_f32..1.0, n);
            (values.clone(), values)
        }),
    ) {
        let (Some(one), Some(other)) = (Embedding::of(&a), Embedding::of(&b)) else { return Ok(()) };
        let wide = |it: &[f32]| it.iter().copied().map(f64::from).collect::<Vec<_>>();
        let got = f64::from(one.cosine(&other));
        prop_assert!((got - cosine(&wide(&a), &wide(&b))).abs() < 0.01);
        prop_assert!((got - cosine(&exact(&one), &exact(&other))).abs() < 1e-5);
    }

    #[test]
    fn votes_are_those_of_the_model(
        entries in prop::collection::vec((0_usize..4, prop::collection::vec(-1.0_f32..1.0, 24)), 0..60),
        query in prop::collection::vec(-1.0_f32..1.0, 24),
    ) {
        let Some(query) = Embedding::of(&query) else { return Ok(()) };
        let mut bank = Bank::new(4, 24);
        let mut plain = Vec::new();
        for (label, values) in &entries {
            let Some(embedding) = Embedding::of(values) else { continue };
            plain.push((*label, exact(&embedding)));
            bank.add(*label, &embedding, 1, 0.5);
        }
        let got = bank.search(&query).unwrap().vote();
        let Some((winner, nearest, margin, weights)) = vote(&plain, &exact(&query)) else {
            prop_assert_eq!(got, None);
            return Ok(());
        };
        let got = got.unwrap();
        // Rounding may turn a tie.
        prop_assert!((weights[got.label] - weights[winner]).abs() <= 1e-4 * weights[winner]);
        if got.label == winner {
            prop_assert!((f64::from(got.nearest) - nearest).abs() < 1e-5);
            prop_assert!((f64::from(got.margin) - margin).abs() < 1e-5);
        }
        prop_assert_eq!(got.neighbours.len(), plain.len().min(NEIGHBOURS));
    }

    #[test]
    fn gates_are_those_of_the_model(samples in samples()) {
        let gate = Gate::of(&samples);
        prop_assert_eq!(gate.threshold, threshold(&samples));
        prop_assert_eq!(gate.floor, floor(&samples).unwrap_or(1.0));
        prop_assert_eq!(gate.samples, samples.len());
    }

    #[test]
    fn confidence_never_falls_with_the_margin_and_keeps_the_whole(samples in samples()) {
        let gate = Gate::of(&samples);
        let at: Vec<f32> = (-10_i8..60).map(|it| gate.agreement_at(f32::from(it) / 64.0)).collect();
        prop_assert!(at.is_sorted() && at.iter().all(|it| (0.0..=1.0).contains(it)));
        if !samples.is_empty() && samples.iter().all(|it| it.agreed) {
            prop_assert!(at.iter().all(|it| *it == 1.0));
        }
    }
}
