//! The idle connections of one instance: bounded, without a lock, the one that has rested longest first.

use std::{
    future::poll_fn,
    task::Poll,
    time::{Duration, Instant},
};

use crossbeam_queue::ArrayQueue;

use super::wire::Wire;

/// How long a connection may be idle. Common model servers close theirs after 5 s.
const IDLE: Duration = Duration::from_secs(4);
/// Idle connections kept for one instance.
const SIZE: usize = 256;

/// Idle connections.
#[derive(Debug)]
pub(super) struct Pool {
    resting: ArrayQueue<Resting>,
}

#[derive(Debug)]
struct Resting {
    wire: Box<Wire>,
    since: Instant,
}

impl Default for Pool {
    fn default() -> Self {
        Self { resting: ArrayQueue::new(SIZE) }
    }
}

impl Pool {
    /// An open connection, where there is one.
    pub(super) async fn take(&self) -> Option<Box<Wire>> {
        poll_fn(|cx| {
            while let Some(mut resting) = self.resting.pop() {
                if resting.since.elapsed() < IDLE && resting.wire.poll_idle(cx) {
                    return Poll::Ready(Some(resting.wire));
                }
            }
            Poll::Ready(None)
        })
        .await
    }

    /// Keeps a connection; one too many is closed.
    pub(super) fn put(&self, wire: Box<Wire>) {
        // A full queue gives it back, and it is dropped.
        let _ = self.resting.push(Resting { wire, since: Instant::now() });
    }

    /// Closes those that have been idle for too long.
    pub(super) fn sweep(&self) {
        for _ in 0..self.resting.len() {
            let Some(resting) = self.resting.pop() else { return };
            if resting.since.elapsed() < IDLE {
                let _ = self.resting.push(resting);
            }
        }
    }
}
