//! Adds the demo instances, at start with `--demo` or when somebody asks for them in the console.

use app::{
    api::{
        ports::{Actor, Role},
        refusal::Reply,
    },
    domain::{configuration::Stored, ids::ObjectKind},
};

use super::{Operations, objects::Trace, require, spec::Spec};
use crate::{clock, demo, store::AnyStored};

impl Operations {
    /// Adds those that are not there yet, all in one transaction; a name or id that somebody took is left alone.
    pub async fn add_demo_instances(&self, who: &Actor) -> Reply<()> {
        require(who, Role::Editor, "Adding demo instances")?;
        let mut write = self.store.write().await?;
        let configuration = write.load().await?.configuration;
        let now = clock::now();
        let mut added = false;
        for (id, spec) in demo::instances() {
            let taken = configuration.instance(id.as_str()).is_some()
                || configuration.find_instance(&spec.name).is_some();
            if taken {
                continue;
            }
            let stored = Stored { id, spec, revision: 1, created_at: now, updated_at: now };
            let trace =
                Trace { who, kind: ObjectKind::Instance, id: stored.id.as_str(), at: now, action: "create" };
            let after = serde_json::to_value(&stored).unwrap_or_default();
            write.insert(&AnyStored::Instance(stored.clone())).await?;
            self.leave_trace(&mut write, trace, 1, None, Some(&after)).await?;
            added = true;
        }
        if !added {
            return Ok(());
        }
        write.bump_version().await?;
        write.commit().await?;
        self.publish().await
    }

    /// Whether a stored spec is one of the demo's.
    pub(super) fn is_demo(spec: &Spec) -> bool {
        matches!(spec, Spec::Instance(instance) if instance.demo)
    }
}
