//! What is to be done now and then, off the path of any call. What the data plane learned and the store should know,
//! dimensions of embeddings and last uses of keys, is written down; what a crash loses is learned again. The request
//! log is thinned out.

use std::time::Duration;

use app::{
    domain::{
        config::{configuration::Configuration, instance::Instance},
        ids::{InstanceId, ObjectKind},
    },
    ports::{Actor, Role},
    refusal::Reply,
};

use super::{
    Operations,
    config::{
        spec::{Spec, StoredObject},
        trace::{Action, Change},
    },
};
use crate::clock;

/// How often it looks what is new.
const EVERY: Duration = Duration::from_secs(20);
/// How often the request log is thinned out.
const THINNING: Duration = Duration::from_secs(60);

impl Operations {
    /// Keeps house for as long as it is polled.
    pub async fn keep_house(&self) {
        let [mut turn, mut thinning] = [EVERY, THINNING].map(tokio::time::interval);
        for it in [&mut turn, &mut thinning] {
            it.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        }
        loop {
            tokio::select! {
                _ = turn.tick() => self.put_in_order().await,
                _ = thinning.tick() => {
                    if let Err(refusal) = self.delete_stray_evaluations().await {
                        tracing::warn!(%refusal, "evaluations of what is gone are still kept");
                    }
                    if let Err(refusal) = self.delete_old_flash().await {
                        tracing::warn!(%refusal, "flash messages whose time is over are still kept");
                    }
                    if let Err(refusal) = self.thin_request_log().await {
                        tracing::warn!(%refusal, "the request log is not thinned out yet");
                    }
                }
            }
        }
    }

    /// Writes down what is new. What cannot be written now is still new the next time.
    pub async fn put_in_order(&self) {
        for done in [self.write_dimensions().await, self.write_uses().await] {
            if let Err(refusal) = done {
                tracing::warn!(%refusal, "what was learned is not written down yet");
            }
        }
    }

    /// Writes down the last uses of keys, in one statement.
    async fn write_uses(&self) -> Reply<()> {
        let keys = self.store.load().await?.api_keys;
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

    /// Writes down the dimensions of embeddings that were seen for the first time, as changes of their own.
    async fn write_dimensions(&self) -> Reply<()> {
        let published = self.published.load_full();
        // An instance that was edited in the meantime may be another one behind its id.
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
        let before = write.load().await?.configuration;
        learned.retain(|(id, _)| is_new(id, &before));
        if learned.is_empty() {
            return Ok(());
        }
        let at = clock::now();
        for stored in &before.instances {
            if let Some((id, dimensions)) = learned.iter().find(|(id, _)| *id == stored.id) {
                let dimensions = Some(*dimensions);
                let spec = Instance { dimensions, dimensions_learned: true, ..stored.spec.clone() };
                let spec = Spec::Instance(spec);
                write
                    .update(&StoredObject::new(spec, id.as_str(), stored.revision + 1, stored.created_at, at))
                    .await?;
            }
        }
        let kind = ObjectKind::Instance;
        let change = |id| Change { who: &system, action: Action::Update, kind, id, at, with_key: false };
        let changes: Vec<_> = learned.iter().map(|(id, _)| change(id.as_str())).collect();
        self.finish(write, &before, &changes).await.map(drop)
    }
}
