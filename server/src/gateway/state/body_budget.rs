//! How much the bodies of all calls under way may hold together. What a connection reads at once is bounded by their
//! number and not counted; beyond it, a body takes its place before it takes memory, and keeps it until its call is over.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Bytes are counted in steps of so many.
const STEP: usize = 64 * 1024;

/// BodyReservation for bodies; clones share it.
#[derive(Clone, Debug)]
pub(crate) struct BodyBudget {
    steps: Arc<Semaphore>,
    size: usize,
}

/// The room that one body has.
#[derive(Debug, Default)]
pub(crate) struct BodyReservation {
    held: Option<OwnedSemaphorePermit>,
}

impl BodyBudget {
    /// BodyReservation for so many bytes, rounded up.
    pub(crate) fn new(bytes: usize) -> Self {
        let size = bytes.div_ceil(STEP).min(Semaphore::MAX_PERMITS);
        Self { steps: Arc::new(Semaphore::new(size)), size }
    }

    /// Makes sure that a body has room for `bytes` in all; `false` where that is not to be had now.
    pub(crate) fn reserve(&self, reservation: &mut BodyReservation, bytes: usize) -> bool {
        let needed = if bytes <= STEP { 0 } else { bytes.div_ceil(STEP) };
        let missing =
            needed.saturating_sub(reservation.held.as_ref().map_or(0, OwnedSemaphorePermit::num_permits));
        if missing == 0 {
            return true;
        }
        let more = u32::try_from(missing).ok().and_then(|it| {
            let steps = Arc::clone(&self.steps);
            steps.try_acquire_many_owned(it).ok()
        });
        match (more, &mut reservation.held) {
            (None, _) => return false,
            (Some(more), Some(held)) => held.merge(more),
            (Some(more), none) => *none = Some(more),
        }
        true
    }

    /// Bytes that bodies hold now, in whole steps.
    pub(crate) fn held(&self) -> u64 {
        ((self.size - self.steps.available_permits()) * STEP) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_is_taken_in_steps_and_given_back_at_the_end() {
        let budget = BodyBudget::new(4 * STEP);
        let (mut one, mut other) = (BodyReservation::default(), BodyReservation::default());
        assert!(budget.reserve(&mut one, STEP) && budget.held() == 0, "small bodies are not counted");
        assert!(budget.reserve(&mut one, STEP + 1) && budget.held() == 2 * STEP as u64);
        assert!(budget.reserve(&mut one, 2 * STEP) && budget.held() == 2 * STEP as u64);
        assert!(!budget.reserve(&mut other, 3 * STEP) && budget.held() == 2 * STEP as u64);
        assert!(budget.reserve(&mut one, 4 * STEP) && budget.held() == 4 * STEP as u64);
        drop(one);
        assert!(budget.held() == 0 && budget.reserve(&mut other, 3 * STEP));
    }
}
