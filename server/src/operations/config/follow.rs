//! Notices what other processes have committed: an import on the command line, or another replica. The version of the
//! whole tells; only a newer one is read. Evaluations of other replicas are noticed for open tabs.

use std::time::Duration;

use app::refusal::Reply;

use crate::operations::{Operations, evaluation::SeenRuns};

/// How often it looks. Replicas are promised a change within two seconds.
const EVERY: Duration = Duration::from_secs(1);

impl Operations {
    /// Follows the store for as long as it is polled. While the store is away, what is live stays.
    pub async fn follow(&self) {
        let (mut turn, mut runs) = (tokio::time::interval(EVERY), SeenRuns::default());
        turn.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            turn.tick().await;
            if let Err(refusal) = self.catch_up().await {
                tracing::debug!(%refusal, "whether others have changed the configuration is not known now");
            }
            if let Err(refusal) = self.follow_runs(&mut runs).await {
                tracing::debug!(%refusal, "how far the evaluations of others are is not known now");
            }
        }
    }

    async fn catch_up(&self) -> Reply<()> {
        if self.store.version().await? > self.published.load().version { self.reload().await } else { Ok(()) }
    }
}
