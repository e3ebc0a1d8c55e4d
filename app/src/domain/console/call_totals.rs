//! What calls add up to over some time.

use serde::{Deserialize, Serialize};

use super::histogram::Histogram;

/// The sums over some calls. Sums of sums are those of all their calls.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallTotals {
    /// Calls that have ended.
    pub calls: u64,
    /// Of them, those answered with a 4xx status besides 499.
    pub refused: u64,
    /// Those answered with a 5xx status.
    pub failed: u64,
    /// Those whose caller left, 499.
    pub left: u64,
    /// Attempts beyond the first of each call.
    pub retries: u64,
    /// Tokens of prompts, as far as upstreams tell them.
    pub prompt_tokens: u64,
    /// Tokens of answers.
    pub completion_tokens: u64,
    /// Tokens of prompts that came from an upstream's cache.
    pub cached_tokens: u64,
    /// Calls whose cost is known.
    pub priced: u64,
    /// Their cost, in millionths of the currency.
    pub cost: u64,
    /// Durations of whole calls.
    pub total: Histogram,
    /// Durations until the first byte.
    pub first_byte: Histogram,
    /// Durations of router calls.
    pub router: Histogram,
}

impl CallTotals {
    /// Adds other sums.
    pub fn add(&mut self, other: &Self) {
        for (sum, more) in [
            (&mut self.calls, other.calls),
            (&mut self.refused, other.refused),
            (&mut self.failed, other.failed),
            (&mut self.left, other.left),
            (&mut self.retries, other.retries),
            (&mut self.prompt_tokens, other.prompt_tokens),
            (&mut self.completion_tokens, other.completion_tokens),
            (&mut self.cached_tokens, other.cached_tokens),
            (&mut self.priced, other.priced),
            (&mut self.cost, other.cost),
        ] {
            *sum = sum.saturating_add(more);
        }
        for (sum, more) in [
            (&mut self.total, &other.total),
            (&mut self.first_byte, &other.first_byte),
            (&mut self.router, &other.router),
        ] {
            sum.add(more);
        }
    }

    /// Counts the status of a call.
    pub fn count_status(&mut self, status: u16) {
        self.calls += 1;
        match status {
            499 => self.left += 1,
            400..=498 => self.refused += 1,
            500.. => self.failed += 1,
            _ => {}
        }
    }
}
