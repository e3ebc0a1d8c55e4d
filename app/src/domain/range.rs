//! Ranges of numbers, shared by decoding, validation and number fields.

use super::{field_error::FieldError, limits};

/// An inclusive range of whole numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    /// Smallest allowed number.
    pub min: u64,
    /// Largest allowed number.
    pub max: u64,
}

/// Weights of members and routes; 0 means no traffic.
pub const WEIGHT: Range = Range::new(0, limits::WEIGHT);
/// Priorities of members and routes; 1 comes first.
pub const PRIORITY: Range = Range::new(1, limits::PRIORITY);
/// Timeouts, in milliseconds.
pub const TIMEOUT_MS: Range = Range::new(1, limits::TIMEOUT_MS);
/// Optional timeouts, in milliseconds; 0 means no limit.
pub const TIMEOUT_OR_NONE_MS: Range = Range::new(0, limits::TIMEOUT_MS);
/// Concurrent upstream calls; 0 means no limit.
pub const MAX_IN_FLIGHT: Range = Range::new(0, limits::MAX_IN_FLIGHT);
/// Lengths of embeddings.
pub const DIMENSIONS: Range = Range::new(1, limits::DIMENSIONS);
/// Upstream attempts per call.
pub const ATTEMPTS: Range = Range::new(1, limits::ATTEMPTS);
/// Budget of a classification, in milliseconds.
pub const BUDGET_MS: Range = Range::new(limits::BUDGET_MIN_MS, limits::BUDGET_MAX_MS);
/// Lifetime of a cached decision, in seconds; 0 turns the cache off.
pub const CACHE_TTL_S: Range = Range::new(0, limits::CACHE_TTL_S);
/// Context turns to the router model.
pub const CONTEXT_TURNS: Range = Range::new(0, limits::CONTEXT_TURNS);
/// Text length shown to the router model, in characters.
pub const CLASSIFY_CHARS: Range = Range::new(limits::CLASSIFY_MIN_CHARS, limits::CLASSIFY_MAX_CHARS);
/// Interval of keep-alive comments, in seconds; 0 sends none.
pub const STREAM_KEEPALIVE_S: Range = Range::new(0, limits::STREAM_KEEPALIVE_S);
/// Rate limit of an API key, in calls per minute.
pub const KEY_RPM: Range = Range::new(1, limits::KEY_RPM);
/// Concurrency limit of an API key.
pub const KEY_IN_FLIGHT: Range = Range::new(1, limits::MAX_IN_FLIGHT);
/// Revision numbers.
pub const REVISION: Range = Range::new(1, i64::MAX.unsigned_abs());

impl Range {
    const fn new(min: u64, max: u64) -> Self {
        Self { min, max }
    }

    /// Whether `number` is in the range.
    pub fn holds(self, number: u64) -> bool {
        (self.min..=self.max).contains(&number)
    }

    /// The error of a number out of range.
    pub fn error(self, path: impl Into<String>) -> FieldError {
        FieldError::new(
            path,
            "out_of_range",
            format!("Enter a whole number from {} to {}.", self.min, self.max),
        )
    }

    /// Adds an error if `number` is out of range.
    pub fn check(self, path: impl Into<String>, number: u64, errors: &mut Vec<FieldError>) {
        if !self.holds(number) {
            errors.push(self.error(path));
        }
    }
}
