//! The shutdown signal of the listener, set by hand or by SIGTERM and SIGINT.

use std::io;

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// Requests the listener to stop. Clones share the signal.
#[derive(Clone, Debug, Default)]
pub struct Shutdown {
    drain: CancellationToken,
    force: CancellationToken,
}

impl Shutdown {
    /// Drains on the first SIGTERM or SIGINT and forces the shutdown on the second.
    ///
    /// # Errors
    /// If the signal handlers cannot be installed.
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

    /// Stops accepting and lets running answers finish, up to the drain timeout.
    pub fn drain(&self) {
        self.drain.cancel();
    }

    /// Stops without waiting for anything.
    pub fn force(&self) {
        self.drain.cancel();
        self.force.cancel();
    }

    /// Waits until a stop is requested; `/readyz` fails from then on.
    pub async fn requested(&self) {
        self.drain.cancelled().await;
    }

    /// Waits until a forced stop is requested.
    pub(super) async fn forced(&self) {
        self.force.cancelled().await;
    }

    /// A token for one connection; draining cancels it too.
    pub(super) fn child_token(&self) -> CancellationToken {
        self.drain.child_token()
    }
}
