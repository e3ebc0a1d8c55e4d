//! The storage format, and the bound of all learners together.

use proptest::prelude::*;

use super::{
    super::*,
    generated::SetKind,
    scenarios::{run, steady},
};

const KIND: SetKind = SetKind { labels: 3, dimensions: 24, noise: 0.6, between: 0.1 };

#[test]
fn what_was_learned_survives_being_stored() {
    let (_, replay) = steady(KIND, 1, 600);
    let learner = replay.learner();
    let bytes = learner.to_bytes();
    let mut restored = Learner::from_bytes(&bytes, KIND.labels, KIND.dimensions).unwrap();
    assert_eq!(restored.to_bytes(), bytes);
    assert_eq!(restored.explored(), learner.explored());
    for label in 0..KIND.labels {
        let samples = |of: &Learner| of.samples()[label].iter().copied().collect::<Vec<_>>();
        assert_eq!(samples(&restored), samples(learner));
        // The stored one is computed from all samples, the running one every ten.
        assert!(
            restored.snapshot().gate(label).samples.abs_diff(learner.snapshot().gate(label).samples) <= 30
        );
        assert_eq!(restored.snapshot().alarm(label), learner.snapshot().alarm(label));
    }
    let text = Embedding::of(&[0.3; 24]).unwrap();
    assert_eq!(restored.snapshot().vote(&text), learner.snapshot().vote(&text));
    let judged = Judged { embedding: text, label: 1, caller: 1, vote: None, explored: false };
    assert_eq!(restored.learn(&judged, 0.5), Learned::Joined, "it goes on learning");
}

#[test]
fn other_labels_dimensions_or_a_cut_are_not_read() {
    let bytes = steady(KIND, 2, 80).1.learner().to_bytes();
    assert!(Learner::from_bytes(&bytes, 4, 24).is_none());
    assert!(Learner::from_bytes(&bytes, 3, 25).is_none());
    assert!((0..bytes.len()).all(|end| Learner::from_bytes(&bytes[..end], 3, 24).is_none()));
    assert!(Learner::from_bytes(&[&bytes[..], &[0]].concat(), 3, 24).is_none());
}

proptest! {
    #[test]
    fn damaged_bytes_never_exceed_the_bounds(changes in prop::collection::vec((any::<usize>(), any::<u8>()), 1..20)) {
        let mut bytes = steady(KIND, 3, 60).1.learner().to_bytes();
        for (at, byte) in changes {
            let at = at % bytes.len();
            bytes[at] = byte;
        }
        if let Some(learner) = Learner::from_bytes(&bytes, 3, 24) {
            let bank = learner.snapshot().bank();
            prop_assert!(bank.sizes().all(|it| it <= bank.capacity()));
            prop_assert!(learner.samples().iter().all(|it| it.len() <= SAMPLES));
        }
    }
}

#[test]
fn the_least_recently_used_learners_make_room() {
    let size = steady(KIND, 4, 100).1.learner().bytes();
    let mut all = Collection::with_limit(3 * size + size / 2);
    let put = |all: &mut Collection<u8>, key: u8, now_ms: u64| {
        all.update(&key, now_ms, || steady(KIND, 4, 100).1.learner().clone(), |_| ());
    };
    (1..=3).for_each(|key| put(&mut all, key, u64::from(key)));
    assert!(all.get(&1, 10).is_some());
    put(&mut all, 4, 11);
    assert!(all.get(&2, 12).is_none(), "the least recently used one is gone");
    assert!([1, 3, 4].iter().all(|key| all.get(key, 13).is_some()));
    assert_eq!((all.evicted(), all.bytes()), (1, 3 * size));
    all.remove_if(|key| *key == 3);
    assert_eq!((all.get(&3, 14).is_none(), all.bytes()), (true, 2 * size));
    // One that is larger than the bound alone stays: its balancer is being called.
    let mut small = Collection::with_limit(1);
    put(&mut small, 1, 1);
    put(&mut small, 2, 2);
    assert!(small.get(&1, 3).is_none() && small.get(&2, 3).is_some());
}

#[test]
fn a_replay_with_the_same_seed_gives_the_same_result() {
    let bytes = |seed| steady(KIND, seed, 200).1.learner().to_bytes();
    assert_eq!(bytes(5), bytes(5));
    assert_ne!(bytes(5), bytes(6));
    let tally = run(&mut Replay::new(3, 24, 1), 5, || (vec![0.0; 24], 0));
    assert_eq!(tally.saved(), 0.0, "texts without a direction are never answered");
}
