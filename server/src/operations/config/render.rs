//! Objects as REST shows them: what is stored, with the health of now beside it.

use app::{
    domain::{
        config::configuration::{StoredGroup, StoredInstance},
        console::view::{InstanceView, MemberView, TargetGroupView},
        ids::ObjectKind,
    },
    ports::DataPlane as _,
};
use serde_json::Value;

use super::spec::find;
use crate::operations::Operations;
use crate::store::Object;

impl Operations {
    /// The published object of that kind and id; `None` where there is none.
    pub fn render(&self, kind: ObjectKind, id: &str) -> Option<Value> {
        find(&self.published.load(), kind, id).map(|it| self.show(it))
    }

    /// One object, whether it is published or not.
    pub fn show(&self, object: Object<'_>) -> Value {
        let shown = match object {
            Object::Instance(it) => serde_json::to_value(self.instance_view(it)),
            Object::TargetGroup(it) => serde_json::to_value(self.group_view(it)),
            Object::Balancer(it) => serde_json::to_value(it),
        };
        // These types always have a JSON form.
        shown.unwrap_or_default()
    }

    fn instance_view(&self, stored: &StoredInstance) -> InstanceView {
        let mut stored = stored.clone();
        if stored.spec.demo {
            stored.spec.base_url.clone_from(&self.settings.demo_base_url);
        }
        // What was learned is shown before it is written down.
        stored.spec.dimensions = stored.spec.dimensions.or_else(|| self.gateway.dimensions(&stored.id));
        stored.spec.dimensions_learned = false;
        InstanceView { health: self.gateway.health(stored.id.as_str()), stored }
    }

    fn group_view(&self, stored: &StoredGroup) -> TargetGroupView {
        let shares = self.gateway.shares(stored.id.as_str());
        let members = stored.spec.members.iter().enumerate().map(|(place, member)| MemberView {
            member: member.clone(),
            health: self.gateway.health(member.instance_id.as_str()),
            share: shares.get(place).copied().unwrap_or_default(),
        });
        TargetGroupView::new(stored, members.collect())
    }
}
