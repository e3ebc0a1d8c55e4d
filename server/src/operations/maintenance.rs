//! Periodic maintenance, off the path of any call: saves what the data plane learned (dimensions of embeddings and last
//! uses of API keys; after a crash they are learned again) and trims the request log, evaluations and flash messages.

use std::time::Duration;

use app::{
    domain::{
        config::configuration::Configuration,
        ids::{InstanceId, ObjectKind},
    },
    ports::{Actor, Role},
    refusal::Reply,
};

use super::{
    Operations,
    config::audit_trail::{Action, Change},
};
use crate::clock;

/// Interval at which learned values are saved.
const SAVE_INTERVAL: Duration = Duration::from_secs(20);
/// Interval at which old rows are deleted.
const TRIM_INTERVAL: Duration = Duration::from_secs(60);

impl Operations {
    /// Runs maintenance for as long as it is polled.
    pub async fn run_maintenance(&self) {
        let [mut save, mut trim] = [SAVE_INTERVAL, TRIM_INTERVAL].map(tokio::time::interval);
        for it in [&mut save, &mut trim] {
            it.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        }
        loop {
            tokio::select! {
                _ = save.tick() => self.save_learned().await,
                _ = trim.tick() => {
                    if let Err(refusal) = self.delete_stray_evaluations().await {
                        tracing::warn!(%refusal, "orphaned evaluations could not be deleted");
                    }
                    if let Err(refusal) = self.delete_old_flash().await {
                        tracing::warn!(%refusal, "expired flash messages could not be deleted");
                    }
                    if let Err(refusal) = self.move_old_requests().await {
                        tracing::warn!(%refusal, "calls of an earlier version could not be moved");
                    }
                    if let Err(refusal) = self.trim_request_log().await {
                        tracing::warn!(%refusal, "the request log could not be trimmed");
                    }
                }
            }
        }
    }

    /// Saves what the data plane learned. What cannot be saved now is tried again at the next turn.
    pub async fn save_learned(&self) {
        for done in [self.save_dimensions().await, self.save_key_uses().await] {
            if let Err(refusal) = done {
                tracing::warn!(%refusal, "learned values could not be saved");
            }
        }
    }

    /// Saves the last uses of API keys, in one statement.
    async fn save_key_uses(&self) -> Reply<()> {
        let keys = self.store.api_keys().await?;
        let uses: Vec<_> = keys
            .into_iter()
            .filter_map(|key| {
                let used = self.gateway.last_used(&key.id).filter(|it| Some(*it) > key.last_used_at)?;
                Some((key.id, used))
            })
            .collect();
        if uses.is_empty() {
            return Ok(());
        }
        let mut write = self.store.write().await?;
        write.touch_api_keys(&uses).await?;
        Ok(write.commit().await?)
    }

    /// Saves dimensions of embeddings that were seen for the first time, as changes of their own.
    async fn save_dimensions(&self) -> Reply<()> {
        let published = self.published.load_full();
        // An instance that was edited in the meantime may have another model.
        let is_new = |id: &InstanceId, known: &Configuration| {
            let [seen, it] = [&*published, known].map(|it| it.instance(id.as_str()));
            it.is_some_and(|it| it.spec.dimensions.is_none())
                && seen.map(|it| it.revision) == it.map(|it| it.revision)
        };
        let mut learned = self.gateway.learned_dimensions();
        learned.retain(|(id, _)| is_new(id, &published));
        if learned.is_empty() {
            return Ok(());
        }
        let system = Actor { name: "system".to_owned(), role: Role::Admin, ip: None };
        let mut write = self.store.write().await?;
        let before = write.load_knowing(&published).await?.configuration;
        learned.retain(|(id, _)| is_new(id, &before));
        if learned.is_empty() {
            return Ok(());
        }
        let at = clock::now();
        for stored in &before.instances {
            if let Some((_, dimensions)) = learned.iter().find(|(id, _)| *id == stored.id) {
                let mut new = stored.clone();
                (new.spec.dimensions, new.spec.dimensions_learned) = (Some(*dimensions), true);
                (new.revision, new.updated_at) = (stored.revision + 1, at);
                write.update(&new).await?;
            }
        }
        let kind = ObjectKind::Instance;
        let change = |id| Change {
            who: &system,
            action: Action::Update,
            kind,
            id,
            at,
            with_key: false,
            replaced: &[],
        };
        let changes: Vec<_> = learned.iter().map(|(id, _)| change(id.as_str())).collect();
        self.commit_and_publish(write, &before, &changes).await.map(drop)
    }
}
