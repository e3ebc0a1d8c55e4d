//! How far the body of a request has come.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering::Relaxed},
};

use bytes::Bytes;

/// Larger bodies take so long to send that their progress matters, in bytes.
const LONG_BODY_BYTES: usize = 64 * 1024;

/// The bytes of an upload that have not been written yet.
#[derive(Debug, Default)]
pub(crate) struct Upload(AtomicU64);

impl Upload {
    /// The progress of a body that takes long; `None` for smaller ones.
    pub(crate) fn of(body: &[Bytes]) -> Option<Arc<Self>> {
        let length: usize = body.iter().map(Bytes::len).sum();
        (length > LONG_BODY_BYTES).then(|| Arc::new(Self(AtomicU64::new(length as u64))))
    }

    /// Bytes left to write.
    pub(crate) fn remaining(&self) -> u64 {
        self.0.load(Relaxed)
    }

    pub(super) fn set(&self, remaining: u64) {
        self.0.store(remaining, Relaxed);
    }
}
