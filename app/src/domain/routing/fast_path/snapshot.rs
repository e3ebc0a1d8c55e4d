//! The part of a learner that calls read.

use super::{alarm::Alarm, bank::Bank, gate::Gate, sample::POOLED_BELOW, vector::Embedding, vote::Vote};

/// A bank with its gates and alarms. Cheap to clone: the entries are shared.
#[derive(Clone, Debug)]
pub struct Snapshot {
    pub(super) bank: Bank,
    pub(super) gates: Vec<Gate>,
    pub(super) pooled: Gate,
    pub(super) alarms: Vec<Alarm>,
}

/// What to do with a call.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Verdict {
    /// The bank answers.
    Answer {
        /// Index of the label.
        label: usize,
        /// The agreement seen at such a margin, 0–1.
        confidence: f32,
    },
    /// The bank could answer, but the router model judges this call.
    Explore,
    /// The router model answers.
    Ask,
}

impl Snapshot {
    pub(super) fn new(labels: usize, dimensions: usize) -> Self {
        Self {
            bank: Bank::new(labels, dimensions),
            gates: vec![Gate::default(); labels],
            pooled: Gate::default(),
            alarms: vec![Alarm::default(); labels],
        }
    }

    /// The vote of the nearest entries. `None` if fewer than two labels have entries, or for other dimensions.
    pub fn vote(&self, embedding: &Embedding) -> Option<Vote> {
        self.bank.search(embedding)?.vote()
    }

    /// What to do with a call; `roll` is uniform in `[0, 1)`.
    pub fn verdict(&self, vote: &Vote, roll: f64) -> Verdict {
        let gate = self.gate(vote.label);
        if !gate.is_open(vote.margin, vote.nearest) {
            return Verdict::Ask;
        }
        if roll < f64::from(self.alarm(vote.label).rate()) {
            return Verdict::Explore;
        }
        Verdict::Answer { label: vote.label, confidence: gate.agreement_at(vote.margin) }
    }

    /// The gate that holds for a label: its own, or that of all labels together while it has few samples.
    pub fn gate(&self, label: usize) -> &Gate {
        self.gates.get(label).filter(|it| it.samples >= POOLED_BELOW).unwrap_or(&self.pooled)
    }

    /// The alarm of a label.
    pub fn alarm(&self, label: usize) -> Alarm {
        self.alarms.get(label).copied().unwrap_or_default()
    }

    /// The bank.
    pub fn bank(&self) -> &Bank {
        &self.bank
    }
}
