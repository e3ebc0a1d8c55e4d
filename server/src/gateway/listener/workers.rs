//! Workers: one thread for each processor, each with a runtime of its own. A connection stays on the worker that it was given
//! to, with the calls that come in by it and the upstream connections that they use, so that a call wakes no other
//! thread. What takes its time, such as drawing a page, does not belong here.

use std::{
    cell::Cell,
    future::pending,
    io,
    num::NonZero,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    thread,
};

use tokio::runtime::{Builder, Handle};

/// The most workers there are.
const MAX_WORKERS: usize = 64;

thread_local! {
    static WORKER_SLOT: Cell<usize> = const { Cell::new(0) };
}

/// The workers of a server; clones are the same ones. Their threads end with the process.
#[derive(Clone, Debug)]
pub struct Workers {
    runtimes: Arc<[Handle]>,
    next: Arc<AtomicUsize>,
}

impl Workers {
    /// Opens a worker for each processor.
    ///
    /// # Errors
    /// Where the system has no thread or no poll to give.
    pub fn start() -> io::Result<Self> {
        let runtimes = (1..worker_slots()).map(start_worker).collect::<io::Result<_>>()?;
        Ok(Self { runtimes, next: Arc::default() })
    }

    /// No workers: everything stays on the runtime of whoever asks.
    pub fn none() -> Self {
        Self { runtimes: Arc::default(), next: Arc::default() }
    }

    /// The runtime of the next worker, in turns.
    pub(crate) fn next(&self) -> Handle {
        let turn = self.next.fetch_add(1, Relaxed);
        let worker = turn.checked_rem(self.runtimes.len()).and_then(|it| self.runtimes.get(it));
        worker.cloned().unwrap_or_else(Handle::current)
    }
}

/// How many worker_slots there can be: the workers, and one for whatever is on none.
pub(crate) fn worker_slots() -> usize {
    1 + thread::available_parallelism().map_or(1, NonZero::get).min(MAX_WORKERS)
}

/// The place of this thread, below [`worker_slots`]; 0 on no worker.
pub(crate) fn current_slot() -> usize {
    WORKER_SLOT.get()
}

fn start_worker(slot: usize) -> io::Result<Handle> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let handle = runtime.handle().clone();
    thread::Builder::new().name(format!("worker-{slot}")).spawn(move || {
        WORKER_SLOT.set(slot);
        runtime.block_on(pending::<()>());
    })?;
    Ok(handle)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[tokio::test]
    async fn workers_take_turns_and_each_knows_its_slot() {
        let workers = Workers::start().unwrap();
        let mut seen = Vec::new();
        for _ in 1..worker_slots() {
            seen.push(workers.next().spawn(async { current_slot() }).await.unwrap());
        }
        assert_eq!(seen, (1..worker_slots()).collect::<Vec<_>>());
        assert_eq!(
            (current_slot(), Workers::none().next().spawn(async { current_slot() }).await.unwrap()),
            (0, 0)
        );
    }
}
