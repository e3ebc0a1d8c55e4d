//! A clock that stands still while calls run over real sockets, and moves only when a test says so.

use std::{pin::pin, sync::mpsc, task::Poll, time::Duration};

/// How long tasks and sockets get turns before a second passes, in real time.
const TURN: Duration = Duration::from_millis(3);

/// The stopped clock of a test's runtime; start it before everything that reads the time.
pub(crate) struct StoppedClock {
    _held: mpsc::Sender<()>,
}

impl StoppedClock {
    pub(crate) fn start() -> Self {
        tokio::time::pause();
        // A paused clock jumps to the next timer whenever the runtime has nothing to do, which includes waiting for a
        // socket; but not while a blocking task runs.
        let (held, wait) = mpsc::channel::<()>();
        drop(tokio::task::spawn_blocking(move || wait.recv()));
        Self { _held: held }
    }

    pub(crate) async fn advance(&self, time: Duration) {
        tokio::time::advance(time).await;
    }

    /// Waits without letting time pass.
    pub(crate) async fn until(&self, what: &str, mut is_so: impl FnMut() -> bool) {
        let began = std::time::Instant::now();
        while !is_so() {
            assert!(began.elapsed() < crate::rig::SOON, "{what}");
            tokio::task::yield_now().await;
        }
    }

    /// Does work in which time passes, a second at a time.
    pub(crate) async fn pass_during<T>(&self, work: impl Future<Output = T>) -> T {
        let mut work = pin!(work);
        loop {
            let began = std::time::Instant::now();
            while began.elapsed() < TURN {
                if let Poll::Ready(done) = futures_util::poll!(work.as_mut()) {
                    return done;
                }
                tokio::task::yield_now().await;
            }
            self.advance(Duration::from_secs(1)).await;
        }
    }
}
