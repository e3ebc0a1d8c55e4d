//! Samples: what the bank would have said about calls that the router model judged.

use std::collections::VecDeque;

use super::share;

/// Maximum number of samples of a label; the oldest are dropped.
pub const SAMPLES: usize = 600;
/// Number of new samples of a label after which its gate is computed again.
pub const RECOMPUTED_EVERY: usize = 10;
/// Number of samples below which a label has the gate of all labels together.
pub const POOLED_BELOW: usize = 60;

/// A judged call.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample {
    /// Margin of the bank's vote.
    pub margin: f32,
    /// Similarity of the nearest entry of the label that won the vote.
    pub nearest: f32,
    /// Whether the router model chose the same label.
    pub agreed: bool,
    /// The number of calls that it stands for: 1, or 1 ÷ the rate of exploration if it was explored. One that was explored
    /// in an alarm has the same weight, although more of them are: what was seen before the alarm may no longer hold, and
    /// would outweigh it for hundreds of calls.
    pub weight: f32,
    /// The API key's hash.
    pub caller: u64,
}

/// The latest samples of one label: of calls for which the bank voted for it.
#[derive(Clone, Debug, Default)]
pub struct Samples {
    window: VecDeque<Sample>,
    uncounted: usize,
}

impl Samples {
    /// The samples of a stored window, oldest first; at most [`SAMPLES`] are kept.
    pub fn restored(samples: impl IntoIterator<Item = Sample>) -> Self {
        let mut window: VecDeque<Sample> = samples.into_iter().collect();
        window.drain(..window.len().saturating_sub(SAMPLES));
        Self { window, uncounted: 0 }
    }

    /// Adds a sample. A caller with a full share loses its oldest one. True if the gate is to be computed again.
    pub(super) fn push(&mut self, sample: Sample) -> bool {
        if self.window.iter().any(|it| it.caller != sample.caller) {
            let share = share::limit(SAMPLES);
            let first = self.window.front().map(|it| it.caller);
            self.limit_caller(sample.caller, share - 1);
            if let Some(first) = first.filter(|it| *it != sample.caller) {
                self.limit_caller(first, share);
            }
        }
        if self.window.len() >= SAMPLES {
            self.window.pop_front();
        }
        self.window.push_back(sample);
        self.uncounted += 1;
        let due = self.uncounted >= RECOMPUTED_EVERY;
        if due {
            self.uncounted = 0;
        }
        due
    }

    /// Drops the oldest samples of a caller until it has at most `limit`.
    fn limit_caller(&mut self, caller: u64, limit: usize) {
        let own = self.window.iter().filter(|it| it.caller == caller).count();
        let mut excess = own.saturating_sub(limit);
        if excess > 0 {
            self.window.retain(|it| {
                let dropped = excess > 0 && it.caller == caller;
                excess -= usize::from(dropped);
                !dropped
            });
        }
    }

    /// The samples, oldest first.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Sample> {
        self.window.iter()
    }

    /// The number of samples.
    pub fn len(&self) -> usize {
        self.window.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.window.is_empty()
    }
}
