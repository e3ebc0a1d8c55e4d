//! Notices what other processes have committed: an import on the command line, or another replica. The version of the
//! whole tells; only a newer one is read.

use std::time::Duration;

use app::refusal::Reply;

use crate::operations::Operations;

/// How often it looks. Replicas are promised a change within two seconds.
const EVERY: Duration = Duration::from_secs(1);

impl Operations {
    /// Follows the store for as long as it is polled. While the store is away, what is live stays.
    pub async fn follow(&self) {
        let mut turn = tokio::time::interval(EVERY);
        turn.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            turn.tick().await;
            if let Err(refusal) = self.catch_up().await {
                tracing::debug!(%refusal, "whether others have changed the configuration is not known now");
            }
        }
    }

    async fn catch_up(&self) -> Reply<()> {
        if self.store.version().await? > self.published.load().version { self.reload().await } else { Ok(()) }
    }
}
