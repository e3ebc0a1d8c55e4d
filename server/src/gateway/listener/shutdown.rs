//! The switch that ends the listener, by hand or by signal.

use std::io;

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// Tells the listener to stop. Clones are the same switch.
#[derive(Clone, Debug, Default)]
pub struct Shutdown {
    drain: CancellationToken,
    now: CancellationToken,
}

impl Shutdown {
    /// A switch that the first SIGTERM or SIGINT sets to draining and the second to leaving at once.
    ///
    /// # Errors
    /// Where the signals cannot be listened for.
    pub fn on_signals() -> io::Result<Self> {
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        let shutdown = Self::default();
        let switch = shutdown.clone();
        tokio::spawn(async move {
            for turn in 0..2 {
                tokio::select! {
                    _ = terminate.recv() => {}
                    _ = interrupt.recv() => {}
                }
                if turn == 0 { switch.drain() } else { switch.now() }
            }
        });
        Ok(shutdown)
    }

    /// Stop accepting and let running answers finish, up to the grace.
    pub fn drain(&self) {
        self.drain.cancel();
    }

    /// Stop waiting for anything.
    pub fn now(&self) {
        self.drain.cancel();
        self.now.cancel();
    }

    /// Whether it has been told to stop.
    pub fn is_requested(&self) -> bool {
        self.drain.is_cancelled()
    }

    /// Waits until it is told to stop; `/readyz` is off from then on.
    pub async fn requested(&self) {
        self.drain.cancelled().await;
    }

    /// Waits until it is told not to wait for anything.
    pub(super) async fn at_once(&self) {
        self.now.cancelled().await;
    }

    /// A token of one connection that draining cancels as well.
    pub(super) fn child(&self) -> CancellationToken {
        self.drain.child_token()
    }
}
