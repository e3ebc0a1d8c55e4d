//! Bounds of the bank and of the windows of samples, and what is no news.

use proptest::prelude::*;

use super::{super::*, generated::Rng};

fn random(rng: &mut Rng, dimensions: usize) -> Embedding {
    Embedding::of(&rng.direction(dimensions)).unwrap()
}

fn judged(embedding: &Embedding, label: usize, caller: u64) -> Judged {
    Judged { embedding: embedding.clone(), label, caller, vote: None, explored: false }
}

/// How many entries of a label each caller has.
fn callers(bank: &Bank, label: usize) -> std::collections::HashMap<u64, usize> {
    let mut callers = std::collections::HashMap::new();
    bank.entries().filter(|it| it.0 == label).for_each(|it| *callers.entry(it.1).or_default() += 1);
    callers
}

#[test]
fn capacity_follows_labels_and_dimensions() {
    for (labels, dimensions, capacity) in
        [(7, 384, 512), (4, 256, 512), (8, 1_536, 122), (65, 3_072, 7), (65, 16_384, 1)]
    {
        let bank = Bank::new(labels, dimensions);
        assert_eq!(bank.capacity(), capacity, "{labels} × {dimensions}");
        assert!(labels * dimensions * bank.capacity() <= BALANCER_COMPONENTS);
    }
}

#[test]
fn a_single_key_fills_a_label_and_random_entries_are_replaced() {
    let mut rng = Rng::new(1);
    let mut bank = Bank::new(2, 16);
    let first: Vec<Embedding> = (0..LABEL_VECTORS).map(|_| random(&mut rng, 16)).collect();
    first.iter().for_each(|it| bank.add(0, it, 1, rng.uniform()));
    assert_eq!(bank.sizes().collect::<Vec<_>>(), [LABEL_VECTORS, 0]);
    for _ in 0..LABEL_VECTORS {
        bank.add(0, &random(&mut rng, 16), 1, rng.uniform());
    }
    let kept: Vec<Vec<i8>> = bank.entries().map(|it| it.2).collect();
    let kept = first.iter().filter(|it| kept.contains(&it.components())).count();
    // Each of 512 replacements spares an entry with a probability of 511 in 512: 1 in e is left.
    assert!(kept.abs_diff(188) < 40, "{kept} of the first entries are left");
    assert!(bank.bytes() < 512 * 100);
}

#[test]
fn a_second_key_limits_the_first_to_a_fifth() {
    let mut rng = Rng::new(2);
    let mut bank = Bank::new(2, 16);
    for _ in 0..400 {
        bank.add(0, &random(&mut rng, 16), 1, rng.uniform());
    }
    bank.add(0, &random(&mut rng, 16), 2, rng.uniform());
    assert_eq!(callers(&bank, 0), [(1, 102), (2, 1)].into());
}

#[test]
fn a_text_that_is_in_the_bank_is_neither_sample_nor_entry() {
    let mut rng = Rng::new(3);
    let mut learner = Learner::new(2, 64);
    let (one, other) = (random(&mut rng, 64), random(&mut rng, 64));
    assert_eq!(learner.learn(&judged(&one, 0, 1), 0.1), Learned::Joined);
    assert_eq!(learner.learn(&judged(&other, 1, 1), 0.1), Learned::Joined);
    let vote = learner.snapshot().vote(&one);
    assert_eq!(vote.as_ref().map(|it| it.label), Some(0));
    let again = Judged { vote, ..judged(&one, 0, 2) };
    assert_eq!(learner.learn(&again, 0.1), Learned::Duplicate);
    assert_eq!(learner.snapshot().bank().sizes().collect::<Vec<_>>(), [1, 1]);
    assert!(learner.samples().iter().all(Samples::is_empty));
}

#[test]
fn an_entry_that_the_router_model_contradicts_goes() {
    let mut rng = Rng::new(4);
    let mut learner = Learner::new(2, 64);
    let text = random(&mut rng, 64);
    learner.learn(&judged(&text, 0, 1), 0.1);
    assert_eq!(learner.learn(&judged(&text, 1, 1), 0.1), Learned::Duplicate);
    assert_eq!(learner.snapshot().bank().sizes().collect::<Vec<_>>(), [0, 0]);
    learner.learn(&judged(&text, 1, 1), 0.1);
    assert_eq!(learner.snapshot().bank().sizes().collect::<Vec<_>>(), [0, 1]);
}

#[test]
fn a_margin_needs_two_labels() {
    let mut rng = Rng::new(5);
    let mut learner = Learner::new(3, 8);
    for _ in 0..40 {
        learner.learn(&judged(&random(&mut rng, 8), 1, 1), 0.3);
    }
    assert_eq!(learner.snapshot().vote(&random(&mut rng, 8)), None);
    assert_eq!(learner.snapshot().vote(&random(&mut rng, 9)), None, "other dimensions");
}

#[test]
fn labels_with_few_samples_have_the_gate_of_all_together() {
    let sample = |agreed, margin| Sample { margin, nearest: 0.9, agreed, weight: 1.0, caller: 1 };
    let mut snapshot = Learner::new(3, 8).snapshot().clone();
    snapshot.pooled = Gate::of(&vec![sample(true, 0.3); 40]);
    snapshot.gates = vec![
        Gate::of(&vec![sample(true, 0.1); 59]),
        Gate::of(&vec![sample(true, 0.1); 60]),
        Gate::of(&vec![sample(false, 0.5); 60]),
    ];
    let vote = |label| Vote { label, nearest: 0.95, margin: 0.2, neighbours: Vec::new() };
    assert_eq!(snapshot.verdict(&vote(0), 0.5), Verdict::Ask, "the threshold of all is 0.3");
    assert_eq!(snapshot.verdict(&vote(1), 0.5), Verdict::Answer { label: 1, confidence: 1.0 });
    assert_eq!(snapshot.verdict(&vote(1), 0.079), Verdict::Explore);
    assert_eq!(snapshot.verdict(&Vote { nearest: 0.85, ..vote(1) }, 0.5), Verdict::Ask, "below the floor");
    assert_eq!(snapshot.verdict(&vote(2), 0.5), Verdict::Ask, "no threshold passes");
    snapshot.alarms[1] = snapshot.alarms[1].after(false);
    assert_eq!(snapshot.verdict(&vote(1), 0.49), Verdict::Explore);
}

#[test]
fn an_explored_call_stands_for_those_that_were_not() {
    let mut rng = Rng::new(6);
    let mut learner = Learner::new(2, 64);
    learner.learn(&judged(&random(&mut rng, 64), 0, 1), 0.1);
    learner.learn(&judged(&random(&mut rng, 64), 1, 1), 0.1);
    let text = random(&mut rng, 64);
    let vote = learner.snapshot().vote(&text).unwrap();
    let (said, other) = (vote.label, 1 - vote.label);
    let explored = Judged { vote: Some(vote), explored: true, ..judged(&text, other, 1) };
    learner.learn(&explored, 0.2);
    let samples: Vec<Sample> = learner.samples()[said].iter().copied().collect();
    assert_eq!(samples.iter().map(|it| (it.agreed, it.weight)).collect::<Vec<_>>(), [(false, 12.5)]);
    assert!(learner.snapshot().alarm(said).is_on() && !learner.snapshot().alarm(other).is_on());
    assert_eq!(learner.explored(), (1, 0.0, 0.0));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn no_key_has_more_than_a_fifth_unless_alone(
        callers_of_adds in prop::collection::vec(0_u64..4, 1..200),
        alone in 0_usize..150,
        repeated in 1_usize..4,
        roll in 0.0..1.0_f64,
    ) {
        let capacity = 20;
        let mut bank = Bank::with_capacity(4, 2, capacity);
        let text = Embedding::of(&[0.5, 1.0]).unwrap();
        let mut samples = Samples::default();
        for (at, caller) in callers_of_adds.into_iter().enumerate() {
            let caller = if at < alone { 9 } else { caller };
            for again in 0..repeated {
                bank.add(3, &text, caller, (roll + again as f64 / 4.0).fract());
                samples.push(Sample { margin: 0.0, nearest: 0.0, agreed: true, weight: 1.0, caller });
            }
            let in_bank = callers(&bank, 3);
            prop_assert!(in_bank.values().sum::<usize>() <= capacity);
            prop_assert!(in_bank.len() == 1 || in_bank.values().all(|it| *it <= capacity / 5));
            prop_assert!(in_bank.contains_key(&caller), "the new entry is there");
            prop_assert_eq!(samples.iter().last().map(|it| it.caller), Some(caller));
        }
        let mut in_window = std::collections::HashMap::<u64, usize>::new();
        samples.iter().for_each(|it| *in_window.entry(it.caller).or_default() += 1);
        prop_assert!(samples.len() <= SAMPLES);
        prop_assert!(in_window.len() == 1 || in_window.values().all(|it| *it <= SAMPLES / 5));
    }
}
