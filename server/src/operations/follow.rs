//! Picks up changes that other processes have committed: an import on the command line, or another replica. Only the
//! version of the configuration is polled; the configuration is read if the version is newer. Requests of the console don't
//! wait for the poll. Evaluations of other replicas are followed for open tabs.

use std::time::Duration;

use app::refusal::Reply;

use crate::operations::{Operations, evaluation::SeenRuns};

/// Polling interval. Replicas must show a change within two seconds.
const POLL_INTERVAL: Duration = Duration::from_secs(1);

impl Operations {
    /// Follows the store for as long as it is polled. While the store is unavailable, the live configuration stays.
    pub async fn follow_store(&self) {
        let (mut ticks, mut runs) = (tokio::time::interval(POLL_INTERVAL), SeenRuns::default());
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            if let Err(refusal) = self.catch_up().await {
                tracing::debug!(%refusal, "cannot check for changes by other processes");
            }
            if let Err(refusal) = self.follow_runs(&mut runs).await {
                tracing::debug!(%refusal, "cannot check for evaluations of other replicas");
            }
        }
    }

    /// Publishes the configuration of the store if it is newer than the live one.
    ///
    /// # Errors
    /// If the store cannot be read; the live configuration then stays.
    pub(crate) async fn catch_up(&self) -> Reply<()> {
        if self.store.version().await? > self.published.load().version { self.reload().await } else { Ok(()) }
    }
}
