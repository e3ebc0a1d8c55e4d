//! What the data plane learned and the store should know: dimensions of embeddings, last uses of keys. Written down
//! now and then, off the path of any call; what a crash loses is learned again.

use std::{sync::Arc, time::Duration};

use app::{
    api::{
        ports::{Actor, Role},
        refusal::Reply,
    },
    domain::{ids::ObjectKind, timestamp::Timestamp},
};

use super::{
    Operations,
    objects::Trace,
    spec::{Spec, StoredObject},
};
use crate::clock;

/// How often it looks.
const EVERY: Duration = Duration::from_secs(20);

impl Operations {
    /// Keeps house until the server ends.
    pub async fn keep_house(self: Arc<Self>) {
        let mut turn = tokio::time::interval(EVERY);
        turn.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut written = clock::now();
        loop {
            turn.tick().await;
            let since = std::mem::replace(&mut written, clock::now());
            for done in [self.write_dimensions().await, self.write_uses(since).await] {
                if let Err(refusal) = done {
                    tracing::warn!(%refusal, "what was learned is not written down yet");
                }
            }
        }
    }

    /// Writes down the uses of keys since a moment, in one statement.
    async fn write_uses(&self, since: Timestamp) -> Reply<()> {
        let keys = self.store.load().await?.api_keys;
        let uses: Vec<_> = keys
            .into_iter()
            .filter_map(|key| Some((self.gateway.last_used(&key.id)?, key.id)))
            .filter(|(at, _)| *at >= since)
            .map(|(at, id)| (id, at))
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
        let unknown = |id: &str, known: &app::domain::configuration::Configuration| {
            known.instance(id).is_some_and(|it| it.spec.dimensions.is_none())
        };
        let published = self.published.load_full();
        let mut learned = self.gateway.learned_dimensions();
        learned.retain(|(id, _)| unknown(id.as_str(), &published));
        if learned.is_empty() {
            return Ok(());
        }
        let system = Actor { name: "system".to_owned(), role: Role::Admin, ip: None };
        let mut write = self.store.write().await?;
        let configuration = self.at_home(write.load().await?.configuration);
        let now = clock::now();
        for (id, dimensions) in learned {
            let Some(stored) = configuration.instance(id.as_str()).filter(|it| it.spec.dimensions.is_none())
            else {
                continue;
            };
            let before =
                self.render_in(&configuration, ObjectKind::Instance, id.as_str()).unwrap_or_default();
            let mut after = before.clone();
            after["dimensions"] = dimensions.into();
            let mut spec = stored.spec.clone();
            spec.dimensions = Some(dimensions);
            let revision = stored.revision + 1;
            let stored =
                StoredObject::new(Spec::Instance(spec), id.as_str(), revision, stored.created_at, now);
            write.update(&stored).await?;
            let trace = Trace {
                who: &system,
                kind: ObjectKind::Instance,
                id: id.as_str(),
                at: now,
                action: "update",
            };
            self.leave_trace(&mut write, trace, revision, Some(&before), Some(&after)).await?;
        }
        write.bump_version().await?;
        write.commit().await?;
        self.publish().await
    }
}
