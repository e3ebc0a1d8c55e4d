//! The switch that ends the listener, by hand or by signal.

use std::io;

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// Tells the listener to stop. Clones are the same switch.
#[derive(Clone, Debug, Default)]
pub struct Shutdown {
    drain: CancellationToken,
    force: CancellationToken,
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
        let signalled = shutdown.clone();
        tokio::spawn(async move {
            for count in 0..2 {
                tokio::select! {
                    _ = terminate.recv() => {}
                    _ = interrupt.recv() => {}
                }
                if count == 0 { signalled.drain() } else { signalled.force() }
            }
        });
        Ok(shutdown)
    }

    /// Stop accepting and let running answers finish, up to the grace.
    pub fn drain(&self) {
        self.drain.cancel();
    }

    /// Stop waiting for anything.
    pub fn force(&self) {
        self.drain.cancel();
        self.force.cancel();
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
    pub(super) async fn forced(&self) {
        self.force.cancelled().await;
    }

    /// A token of one connection that draining cancels as well.
    pub(super) fn child_token(&self) -> CancellationToken {
        self.drain.child_token()
    }
}
