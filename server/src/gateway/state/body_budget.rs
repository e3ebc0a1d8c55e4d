//! The memory budget of request bodies. The first read of each connection is bounded by the number of
//! connections and not counted. Beyond that, a body reserves memory before it is read on, until its call
//! ends.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Unit of accounting, in bytes.
const STEP: usize = 64 * 1024;

/// The budget of all request bodies; clones share it.
#[derive(Clone, Debug)]
pub(crate) struct BodyBudget {
    steps: Arc<Semaphore>,
    size: usize,
}

/// The memory reserved for one body; released on drop.
#[derive(Debug, Default)]
pub(crate) struct BodyReservation {
    held: Option<OwnedSemaphorePermit>,
}

impl BodyReservation {
    /// The reservation for all who hold the body; `None` if nothing is reserved, as for most bodies.
    pub(crate) fn shared(self) -> Option<Arc<Self>> {
        self.held.is_some().then(|| Arc::new(self))
    }
}

impl BodyBudget {
    /// A budget of that many bytes, rounded up to whole steps.
    pub(crate) fn new(bytes: usize) -> Self {
        let size = bytes.div_ceil(STEP).min(Semaphore::MAX_PERMITS);
        Self { steps: Arc::new(Semaphore::new(size)), size }
    }

    /// Extends a reservation to `bytes` in total; `false` if the budget is used up.
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

    /// Reserved bytes, in whole steps.
    pub(crate) fn held(&self) -> u64 {
        ((self.size - self.steps.available_permits()) * STEP) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_reserved_in_steps_and_released_on_drop() {
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
