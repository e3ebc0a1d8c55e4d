//! Monotonic time, randomness and ids of the data plane. Domain rules get them as arguments.

use std::{
    cell::RefCell,
    hash::{BuildHasher as _, RandomState},
    time::Duration,
};

use app::domain::{ids::RequestId, timestamp::Timestamp};
use tokio::time::Instant;

/// Monotonic milliseconds since the start of the data plane. It is the runtime's clock, which tests can pause; the rest
/// of the data plane compares its deadlines with the same one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    start: Instant,
}

impl Clock {
    pub(crate) fn start() -> Self {
        Self { start: Instant::now() }
    }

    pub(crate) fn now_ms(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

/// A duration in milliseconds, as records and headers hold it.
pub(crate) fn millis(duration: Duration) -> f64 {
    // Rounded to whole microseconds; more digits would be noise.
    (duration.as_secs_f64() * 1e6).round() / 1e3
}

/// A uniform random number in `[0, 1)`, for spreading and jitter; not for secrets.
pub(crate) fn random_unit() -> f64 {
    // Each new `RandomState` has different keys, made without a system call. A double holds 53 bits.
    (RandomState::new().hash_one(()) >> 11) as f64 / (1_u64 << 53) as f64
}

/// Random bytes that a thread asks the system for at once.
const POOL_BYTES: usize = 1_024;

thread_local! {
    /// Random bytes of this thread; those before the index are used up.
    static POOL: RefCell<([u8; POOL_BYTES], usize)> = const { RefCell::new(([0; POOL_BYTES], POOL_BYTES)) };
}

/// An unguessable id for a call that arrives at `at`. Falls back to a weaker one if the system has no randomness, so
/// no call is refused for that.
pub(crate) fn request_id(at: Timestamp) -> RequestId {
    let random = POOL.with_borrow_mut(|(bytes, used)| {
        if *used == POOL_BYTES {
            if getrandom::fill(bytes).is_err() {
                bytes.fill_with(|| RandomState::new().hash_one(()) as u8);
            }
            *used = 0;
        }
        let next = bytes.get(*used..*used + 16).and_then(|it| <[u8; 16]>::try_from(it).ok());
        *used += 16;
        next.map_or(0, u128::from_be_bytes)
    });
    RequestId::new(at, random)
}

/// The id of a request that no caller sent, such as a check, or that is refused before it becomes a call.
pub(crate) fn new_request_id() -> RequestId {
    request_id(crate::clock::now())
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn rolls_stay_in_their_range_and_ids_differ() {
        assert!((0..1000).map(|_| random_unit()).all(|it| (0.0..1.0).contains(&it)));
        let ids: HashSet<_> = (0..1000).map(|_| new_request_id()).collect();
        assert_eq!(ids.len(), 1000);
    }
}
