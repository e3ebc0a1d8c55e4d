//! Replay of judged texts: what the fast path would have saved, and how often it would have agreed.

use super::{
    learner::{Judged, Learner},
    share::Dice,
    snapshot::Verdict,
    vector::Embedding,
};

/// Who would have answered a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The bank.
    Bank,
    /// The router model.
    Router,
}

/// A replayed call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReplayedCall {
    /// Who would have answered.
    pub source: Source,
    /// Whether the answer is the router model's.
    pub agreed: bool,
}

/// A learner that is fed with judged texts, one after the other. The same seed gives the same result.
pub struct Replay {
    learner: Learner,
    dice: Dice,
}

impl Replay {
    /// A replay that begins with an empty bank.
    pub fn new(labels: usize, dimensions: usize, seed: u64) -> Self {
        Self { learner: Learner::new(labels, dimensions), dice: Dice::of(f64::from_bits(seed)) }
    }

    /// Replays a call with the label that the router model gave, or would give if it were asked.
    pub fn call(&mut self, embedding: &Embedding, label: usize, caller: u64) -> ReplayedCall {
        let vote = self.learner.snapshot().vote(embedding);
        let roll = self.dice.unit();
        let verdict = vote.as_ref().map_or(Verdict::Ask, |vote| self.learner.snapshot().verdict(vote, roll));
        if let Verdict::Answer { label: answered, .. } = verdict {
            return ReplayedCall { source: Source::Bank, agreed: answered == label };
        }
        let explored = verdict == Verdict::Explore;
        let judged = Judged { embedding: embedding.clone(), label, caller, vote, explored };
        let roll = self.dice.unit();
        self.learner.learn(&judged, roll);
        ReplayedCall { source: Source::Router, agreed: true }
    }

    /// What it has learned.
    pub fn learner(&self) -> &Learner {
        &self.learner
    }
}
