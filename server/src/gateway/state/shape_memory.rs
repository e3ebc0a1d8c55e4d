//! The shape of router requests that an instance takes, with the time until which it holds, in one atomic word.

use std::{
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::Duration,
};

use app::domain::routing::classify::{Evidence, RequestShape, SHAPE_TTL, UNCERTAIN_SHAPE_TTL};

/// Bit that marks a shape of which no answer has come yet; the shape is in the bits below it.
const UNANSWERED: u64 = 1 << 7;
/// Position of the expiry, in milliseconds of the clock.
const EXPIRY_SHIFT: u32 = 8;

/// The shape of an instance; the default one while nothing is known.
#[derive(Debug, Default)]
pub(crate) struct ShapeMemory(AtomicU64);

/// A shape as it was when a question began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RememberedShape {
    word: u64,
    pub(crate) shape: RequestShape,
    /// Whether a question in this shape has been answered well.
    pub(crate) is_proven: bool,
}

impl ShapeMemory {
    pub(crate) fn get(&self, now_ms: u64) -> RememberedShape {
        let word = self.0.load(Relaxed);
        let is_known = word != 0 && word >> EXPIRY_SHIFT > now_ms;
        // Truncation to the low byte is meant; its highest bit is no part of the shape.
        let bits = if is_known { (word & (UNANSWERED - 1)) as u8 } else { 0 };
        RememberedShape {
            word,
            shape: RequestShape::from_bits(bits),
            is_proven: is_known && word & UNANSWERED == 0,
        }
    }

    /// Remembers a shape in which the question was answered. A guessed one is tried again sooner.
    pub(crate) fn confirm(
        &self,
        before: &RememberedShape,
        shape: RequestShape,
        evidence: Evidence,
        now_ms: u64,
    ) {
        let ttl = if evidence == Evidence::Guessed { UNCERTAIN_SHAPE_TTL } else { SHAPE_TTL };
        self.replace(before, shape, 0, ttl, now_ms);
    }

    /// Remembers a shape that the next question begins with, although no answer has come in it yet.
    pub(crate) fn propose(&self, before: &RememberedShape, shape: RequestShape, now_ms: u64) {
        self.replace(before, shape, UNANSWERED, UNCERTAIN_SHAPE_TTL, now_ms);
    }

    /// Forgets the shape.
    pub(crate) fn clear(&self) {
        self.0.store(0, Relaxed);
    }

    /// Does nothing if another question has changed it since: that one knew as much.
    fn replace(&self, before: &RememberedShape, shape: RequestShape, flag: u64, ttl: Duration, now_ms: u64) {
        let ttl_ms = u64::try_from(ttl.as_millis()).unwrap_or(u64::MAX);
        let expiry = now_ms.saturating_add(ttl_ms).min(u64::MAX >> EXPIRY_SHIFT);
        let word = expiry << EXPIRY_SHIFT | flag | u64::from(shape.to_bits());
        let _ = self.0.compare_exchange(before.word, word, Relaxed, Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR_MS: u64 = 3_600_000;

    fn plainest() -> RequestShape {
        RequestShape::default().plainest()
    }

    #[test]
    fn a_shape_holds_for_a_day_and_a_guessed_one_for_ten_minutes() {
        for (evidence, ttl_ms) in [
            (Evidence::Unchanged, 24 * HOUR_MS),
            (Evidence::Named, 24 * HOUR_MS),
            (Evidence::CutOff, 24 * HOUR_MS),
            (Evidence::Guessed, 600_000),
        ] {
            let memory = ShapeMemory::default();
            let before = memory.get(5);
            assert_eq!((before.shape, before.is_proven), (RequestShape::default(), false));
            memory.confirm(&before, plainest(), evidence, 5);
            let known = memory.get(5 + ttl_ms - 1);
            assert_eq!((known.shape, known.is_proven), (plainest(), true));
            let expired = memory.get(5 + ttl_ms);
            assert_eq!((expired.shape, expired.is_proven), (RequestShape::default(), false));
            memory.clear();
            assert_eq!(memory.get(5).shape, RequestShape::default());
        }
    }

    #[test]
    fn a_proposed_shape_is_unproven_until_it_is_answered() {
        let memory = ShapeMemory::default();
        memory.propose(&memory.get(1), plainest(), 1);
        let proposed = memory.get(2);
        assert_eq!((proposed.shape, proposed.is_proven), (plainest(), false));
        memory.confirm(&proposed, plainest(), Evidence::Unchanged, 2);
        let confirmed = memory.get(HOUR_MS);
        assert_eq!((confirmed.shape, confirmed.is_proven), (plainest(), true));
    }

    #[test]
    fn the_first_of_two_questions_at_once_counts() {
        let memory = ShapeMemory::default();
        let before = memory.get(1);
        memory.confirm(&before, plainest(), Evidence::Named, 1);
        memory.propose(&before, RequestShape::default(), 1);
        assert_eq!(memory.get(2).shape, plainest());
    }
}
