//! Worker threads, one per processor, each with a runtime of its own. A connection stays on its worker
//! together with its calls and their upstream connections, so a call wakes no other thread. Slow work,
//! such as rendering a page, must run elsewhere.

use std::{
    cell::Cell,
    io,
    num::NonZero,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    thread,
    time::Duration,
};

use tokio::{
    runtime::{Builder, Handle},
    time::sleep,
};

const MAX_WORKERS: usize = 64;
/// Less than the timeouts that each call sets anew.
const TICK: Duration = Duration::from_secs(1);

thread_local! {
    static WORKER_SLOT: Cell<usize> = const { Cell::new(0) };
}

/// The workers of a server; clones share them. Their threads end with the process.
#[derive(Clone, Debug)]
pub struct Workers {
    runtimes: Arc<[Handle]>,
    next: Arc<AtomicUsize>,
}

impl Workers {
    /// Starts one worker per processor.
    ///
    /// # Errors
    /// If the system refuses a thread or an event queue.
    pub fn start() -> io::Result<Self> {
        let runtimes = (1..worker_slots()).map(start_worker).collect::<io::Result<_>>()?;
        Ok(Self { runtimes, next: Arc::default() })
    }

    /// No workers: tasks run on the current runtime.
    pub fn none() -> Self {
        Self { runtimes: Arc::default(), next: Arc::default() }
    }

    /// The runtime of the next worker, round robin.
    pub(crate) fn next(&self) -> Handle {
        let turn = self.next.fetch_add(1, Relaxed);
        let worker = turn.checked_rem(self.runtimes.len()).and_then(|it| self.runtimes.get(it));
        worker.cloned().unwrap_or_else(Handle::current)
    }
}

/// Number of slots: one per worker, and slot 0 for all other threads.
pub(crate) fn worker_slots() -> usize {
    1 + thread::available_parallelism().map_or(1, NonZero::get).min(MAX_WORKERS)
}

/// The slot of this thread, below [`worker_slots`].
pub(crate) fn current_slot() -> usize {
    WORKER_SLOT.get()
}

fn start_worker(slot: usize) -> io::Result<Handle> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let handle = runtime.handle().clone();
    thread::Builder::new().name(format!("worker-{slot}")).spawn(move || {
        WORKER_SLOT.set(slot);
        runtime.block_on(tick());
    })?;
    Ok(handle)
}

/// Always has a timer that is due soon. A runtime that has none interrupts itself, by a write to its event queue, when a
/// timer is set: each call would do so once.
async fn tick() {
    loop {
        sleep(TICK).await;
    }
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
