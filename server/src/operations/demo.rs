//! Adds the demo instances, at start with `--demo` or when somebody asks for them in the console.

use app::{
    api::{
        ports::{Actor, Role},
        refusal::Reply,
    },
    domain::ids::ObjectKind,
};

use super::{
    Operations,
    objects::Trace,
    require,
    spec::{Spec, StoredObject},
};
use crate::{clock, demo};

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
            let stored = StoredObject::new(Spec::Instance(spec), id.as_str(), 1, now, now);
            write.insert(&stored).await?;
            let after = self.at_home(write.load().await?.configuration);
            let after = self.render_in(&after, ObjectKind::Instance, id.as_str()).unwrap_or_default();
            let trace = Trace { who, kind: ObjectKind::Instance, id: id.as_str(), at: now, action: "create" };
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
}
