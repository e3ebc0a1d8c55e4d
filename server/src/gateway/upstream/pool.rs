//! The idle connections of one instance, in bounded lock-free queues, first in, first out. Each worker has a
//! queue of its own, so activity on a connection wakes the thread that waits for it. An empty queue takes no memory:
//! there may be thousands of instances.

use std::{
    future::poll_fn,
    task::Poll,
    time::{Duration, Instant},
};

use crossbeam_queue::SegQueue;

use super::http1::Connection;
use crate::gateway::listener::workers;

/// How long a connection may be idle. Common model servers close theirs after 5 s.
const IDLE_TIMEOUT: Duration = Duration::from_secs(4);
/// Idle connections per instance and worker.
const MAX_IDLE: usize = 512;

/// The idle connections of one instance.
#[derive(Debug)]
pub(super) struct ConnectionPool {
    queues: Box<[SegQueue<IdleConnection>]>,
}

#[derive(Debug)]
struct IdleConnection {
    connection: Box<Connection>,
    since: Instant,
}

impl Default for ConnectionPool {
    fn default() -> Self {
        Self { queues: (0..workers::worker_slots()).map(|_| SegQueue::new()).collect() }
    }
}

impl ConnectionPool {
    /// An open connection of this worker, if there is one.
    pub(super) async fn acquire(&self) -> Option<Box<Connection>> {
        poll_fn(|cx| {
            while let Some(mut idle) = self.local_queue().and_then(SegQueue::pop) {
                if idle.since.elapsed() < IDLE_TIMEOUT && idle.connection.is_reusable(cx) {
                    return Poll::Ready(Some(idle.connection));
                }
            }
            Poll::Ready(None)
        })
        .await
    }

    /// Returns a connection to the pool; if the queue is full, the connection closes.
    pub(super) fn release(&self, connection: Box<Connection>) {
        if let Some(queue) = self.local_queue().filter(|it| it.len() < MAX_IDLE) {
            queue.push(IdleConnection { connection, since: Instant::now() });
        }
    }

    /// Closes connections that have been idle for too long.
    pub(super) fn close_expired(&self) {
        for queue in &self.queues {
            for _ in 0..queue.len() {
                let Some(idle) = queue.pop() else { break };
                if idle.since.elapsed() < IDLE_TIMEOUT {
                    queue.push(idle);
                }
            }
        }
    }

    fn local_queue(&self) -> Option<&SegQueue<IdleConnection>> {
        self.queues.get(workers::current_slot())
    }
}
