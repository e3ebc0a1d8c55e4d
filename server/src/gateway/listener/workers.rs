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
const MOST: usize = 64;

thread_local! {
    static LANE: Cell<usize> = const { Cell::new(0) };
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
    pub fn open() -> io::Result<Self> {
        let runtimes = (1..places()).map(open).collect::<io::Result<_>>()?;
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

/// How many places there can be: the workers, and one for whatever is on none.
pub(crate) fn places() -> usize {
    1 + thread::available_parallelism().map_or(1, NonZero::get).min(MOST)
}

/// The place of this thread, below [`places`]; 0 on no worker.
pub(crate) fn place() -> usize {
    LANE.get()
}

fn open(worker: usize) -> io::Result<Handle> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let handle = runtime.handle().clone();
    thread::Builder::new().name(format!("worker-{worker}")).spawn(move || {
        LANE.set(worker);
        runtime.block_on(pending::<()>());
    })?;
    Ok(handle)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[tokio::test]
    async fn lanes_are_taken_in_turns_and_each_knows_its_place() {
        let workers = Workers::open().unwrap();
        let mut seen = Vec::new();
        for _ in 1..places() {
            seen.push(workers.next().spawn(async { place() }).await.unwrap());
        }
        assert_eq!(seen, (1..places()).collect::<Vec<_>>());
        assert_eq!((place(), Workers::none().next().spawn(async { place() }).await.unwrap()), (0, 0));
    }
}
