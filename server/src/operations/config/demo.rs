//! Adds the demo instances, at start with `--demo` or on request in the console.

use app::{
    domain::{
        config::{configuration::StoredInstance, instance::Instance},
        ids::{InstanceId, ObjectKind},
    },
    ports::{Actor, DemoInstances, Role},
    refusal::Reply,
};
use async_trait::async_trait;

use super::audit_trail::{Action, Change};
use crate::operations::{Operations, require};
use crate::{clock, demo};

#[async_trait]
impl DemoInstances for Operations {
    async fn add_demo(&self, who: &Actor) -> Reply<()> {
        let who = who.clone();
        self.run_uncancelled(|this| async move {
            require(&who, Role::Editor, "Adding demo instances")?;
            let mut write = this.store.write().await?;
            let before = write.load_knowing(&this.published.load_full()).await?.configuration;
            let is_new = |(id, spec): &(InstanceId, Instance)| {
                before.instance(id.as_str()).is_none() && before.find_instance(&spec.name).is_none()
            };
            let new: Vec<_> = demo::instances().into_iter().filter(is_new).collect();
            if new.is_empty() {
                return Ok(());
            }
            let at = clock::now();
            for (id, spec) in new.iter().cloned() {
                let stored = StoredInstance { id, spec, revision: 1, created_at: at, updated_at: at };
                write.insert(&stored).await?;
            }
            let kind = ObjectKind::Instance;
            let change = |id| Change {
                who: &who,
                action: Action::Create,
                kind,
                id,
                at,
                with_key: false,
                replaced: &[],
            };
            let changes: Vec<_> = new.iter().map(|(id, _)| change(id.as_str())).collect();
            this.commit_and_publish(write, &before, &changes).await.map(drop)
        })
        .await
    }
}
