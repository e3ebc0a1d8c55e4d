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
const IDLE_TIMEOUT: Duration = Duration::from_secs(4);
/// Idle connections kept for one instance and worker.
const MAX_IDLE: usize = 128;

/// Idle connections.
#[derive(Debug)]
pub(super) struct ConnectionPool {
    queues: Box<[ArrayQueue<IdleConnection>]>,
}

#[derive(Debug)]
struct IdleConnection {
    connection: Box<Http1Connection>,
    since: Instant,
}

impl Default for ConnectionPool {
    fn default() -> Self {
        Self { queues: (0..workers::worker_slots()).map(|_| ArrayQueue::new(MAX_IDLE)).collect() }
    }
}

impl ConnectionPool {
    /// An open connection, where there is one.
    pub(super) async fn acquire(&self) -> Option<Box<Http1Connection>> {
        poll_fn(|cx| {
            while let Some(mut idle) = self.local_queue().and_then(ArrayQueue::pop) {
                if idle.since.elapsed() < IDLE_TIMEOUT && idle.connection.is_reusable(cx) {
                    return Poll::Ready(Some(idle.connection));
                }
            }
            Poll::Ready(None)
        })
        .await
    }

    /// Keeps a connection; one too many is closed.
    pub(super) fn release(&self, connection: Box<Http1Connection>) {
        // A full queue gives it back, and it is dropped.
        let _ = self.local_queue().map(|it| it.push(IdleConnection { connection, since: Instant::now() }));
    }

    /// Closes those that have been idle for too long.
    pub(super) fn close_expired(&self) {
        for queue in &self.queues {
            for _ in 0..queue.len() {
                let Some(idle) = queue.pop() else { break };
                if idle.since.elapsed() < IDLE_TIMEOUT {
                    let _ = queue.push(idle);
                }
            }
        }
    }

    fn local_queue(&self) -> Option<&ArrayQueue<IdleConnection>> {
        self.queues.get(workers::current_slot())
    }
}
