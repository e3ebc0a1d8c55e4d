//! The idle connections of one instance: bounded, without a lock, the one that has rested longest first. Each worker has
//! its own, so that a connection's news wake the thread that waits for them.

use std::{
    future::poll_fn,
    task::Poll,
    time::{Duration, Instant},
};

use crossbeam_queue::ArrayQueue;

use super::http1::Http1Connection;
use crate::gateway::listener::workers;

/// How long a connection may be idle. Common model servers close theirs after 5 s.
const IDLE: Duration = Duration::from_secs(4);
/// Idle connections kept for one instance and worker.
const SIZE: usize = 128;

/// Idle connections.
#[derive(Debug)]
pub(super) struct Pool {
    places: Box<[ArrayQueue<Resting>]>,
}

#[derive(Debug)]
struct Resting {
    wire: Box<Http1Connection>,
    since: Instant,
}

impl Default for Pool {
    fn default() -> Self {
        Self { places: (0..workers::places()).map(|_| ArrayQueue::new(SIZE)).collect() }
    }
}

impl Pool {
    /// An open connection, where there is one.
    pub(super) async fn take(&self) -> Option<Box<Http1Connection>> {
        poll_fn(|cx| {
            while let Some(mut resting) = self.here().and_then(ArrayQueue::pop) {
                if resting.since.elapsed() < IDLE && resting.wire.poll_idle(cx) {
                    return Poll::Ready(Some(resting.wire));
                }
            }
            Poll::Ready(None)
        })
        .await
    }

    /// Keeps a connection; one too many is closed.
    pub(super) fn put(&self, wire: Box<Http1Connection>) {
        // A full queue gives it back, and it is dropped.
        let _ = self.here().map(|it| it.push(Resting { wire, since: Instant::now() }));
    }

    /// Closes those that have been idle for too long.
    pub(super) fn sweep(&self) {
        for place in &self.places {
            for _ in 0..place.len() {
                let Some(resting) = place.pop() else { break };
                if resting.since.elapsed() < IDLE {
                    let _ = place.push(resting);
                }
            }
        }
    }

    fn here(&self) -> Option<&ArrayQueue<Resting>> {
        self.places.get(workers::place())
    }
}
