//! Learning from judged calls.

use std::collections::VecDeque;

use super::{
    alarm::{Alarm, EXPLORATION_RATE},
    bank::DUPLICATE,
    gate::{Gate, wilson_lower_bound},
    sample::{Sample, Samples},
    snapshot::Snapshot,
    vector::Embedding,
    vote::Vote,
};

/// Maximum number of explored calls that the shown agreement is computed from.
pub(super) const EXPLORED: usize = 1_000;

/// A call that the router model has judged.
#[derive(Clone, Debug)]
pub struct Judged {
    /// The embedding of its text.
    pub embedding: Embedding,
    /// Index of the label that the router model chose.
    pub label: usize,
    /// The API key's hash.
    pub caller: u64,
    /// The bank's vote when the call was decided.
    pub vote: Option<Vote>,
    /// Whether the bank could have answered.
    pub explored: bool,
}

/// What a judged call was used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Learned {
    /// It was a sample if the bank had a vote, and has joined the bank.
    Joined,
    /// Its text is already in the bank.
    Duplicate,
}

/// All that is known about one question with one embedding model.
#[derive(Clone, Debug)]
pub struct Learner {
    snapshot: Snapshot,
    samples: Vec<Samples>,
    explored: VecDeque<bool>,
}

impl Learner {
    /// A learner that knows nothing.
    pub fn new(labels: usize, dimensions: usize) -> Self {
        Self {
            snapshot: Snapshot::new(labels, dimensions),
            samples: vec![Samples::default(); labels],
            explored: VecDeque::new(),
        }
    }

    /// The part that calls read.
    pub fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }

    /// The samples of each label.
    pub fn samples(&self) -> &[Samples] {
        &self.samples
    }

    /// The latest explored calls: their number, the share that agreed, and the lower bound of that share.
    pub fn explored(&self) -> (usize, f64, f64) {
        let n = self.explored.len();
        let agreed = self.explored.iter().filter(|it| **it).count();
        let share = if n == 0 { 0.0 } else { agreed as f64 / n as f64 };
        (n, share, wilson_lower_bound(share, n))
    }

    /// The latest explored calls, oldest first: whether each agreed.
    pub(super) fn explored_calls(&self) -> impl Iterator<Item = bool> {
        self.explored.iter().copied()
    }

    /// Its size in memory, in bytes.
    pub fn bytes(&self) -> usize {
        let samples: usize = self.samples.iter().map(Samples::len).sum();
        self.snapshot.bank.bytes() + samples * size_of::<Sample>() + self.explored.len()
    }

    /// Learns from a judged call: first it is a sample, then it joins the bank. `roll`, uniform in `[0, 1)`, chooses
    /// the entry that it replaces in a full label.
    ///
    /// A text that is already in the bank is neither; if the router model now contradicts the entry, the entry goes.
    pub fn learn(&mut self, judged: &Judged, roll: f64) -> Learned {
        if let Some(vote) = judged.vote.as_ref().filter(|_| judged.explored) {
            self.explore(vote.label, vote.label == judged.label);
        }
        let nearest = self.snapshot.bank.search(&judged.embedding).and_then(|it| it.nearest());
        if let Some((_, place)) = nearest.filter(|(similarity, _)| *similarity >= DUPLICATE) {
            if place.label != judged.label {
                self.snapshot.bank.remove(place);
            }
            return Learned::Duplicate;
        }
        if let Some(vote) = &judged.vote {
            let sample = Sample {
                margin: vote.margin,
                nearest: vote.nearest,
                agreed: vote.label == judged.label,
                weight: if judged.explored { 1.0 / EXPLORATION_RATE } else { 1.0 },
                caller: judged.caller,
            };
            self.sample(vote.label, sample);
        }
        self.snapshot.bank.add(judged.label, &judged.embedding, judged.caller, roll);
        Learned::Joined
    }

    fn explore(&mut self, label: usize, agreed: bool) {
        if let Some(alarm) = self.snapshot.alarms.get_mut(label) {
            *alarm = Alarm::after(*alarm, agreed);
        }
        if self.explored.len() >= EXPLORED {
            self.explored.pop_front();
        }
        self.explored.push_back(agreed);
    }

    fn sample(&mut self, label: usize, sample: Sample) {
        let due = self.samples.get_mut(label).is_some_and(|it| it.push(sample));
        if due {
            self.recompute(label);
        }
    }

    /// Adds a stored entry. False if there is no room for it.
    pub(super) fn restore_entry(&mut self, label: usize, embedding: &Embedding, caller: u64) -> bool {
        self.snapshot.bank.restore(label, embedding, caller)
    }

    /// Replaces the alarm and the samples of a label by stored ones.
    pub(super) fn restore_label(&mut self, label: usize, alarm: Alarm, samples: Vec<Sample>) {
        if let (Some(alarms), Some(window)) =
            (self.snapshot.alarms.get_mut(label), self.samples.get_mut(label))
        {
            *alarms = alarm;
            *window = Samples::restored(samples);
            self.recompute(label);
        }
    }

    /// Replaces the explored calls by stored ones.
    pub(super) fn restore_explored(&mut self, explored: impl Iterator<Item = bool>) {
        self.explored = explored.collect();
    }

    fn recompute(&mut self, label: usize) {
        if let (Some(gate), Some(samples)) = (self.snapshot.gates.get_mut(label), self.samples.get(label)) {
            *gate = Gate::of(samples.iter());
        }
        self.snapshot.pooled = Gate::of(self.samples.iter().flat_map(Samples::iter));
    }
}
