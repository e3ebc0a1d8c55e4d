//! Objects as REST shows them: the stored object with its current health.

use app::{
    domain::{
        config::{
            configuration::{StoredGroup, StoredInstance},
            object::StoredObjectRef,
        },
        console::view::{InstanceView, MemberView, TargetGroupView},
        ids::ObjectKind,
    },
    ports::DataPlane as _,
};
use serde_json::Value;

use crate::operations::Operations;

impl Operations {
    /// The published object with this kind and id; `None` if there is none.
    pub fn render(&self, kind: ObjectKind, id: &str) -> Option<Value> {
        self.published.load().object(kind, id).map(|it| self.show(it))
    }

    /// Renders an object, published or not.
    pub fn show(&self, object: StoredObjectRef<'_>) -> Value {
        let shown = object.map(|it| self.instance_view(it), |it| self.group_view(it), |it| it);
        // These types always have a JSON form.
        serde_json::to_value(shown).unwrap_or_default()
    }

    fn instance_view(&self, stored: &StoredInstance) -> InstanceView {
        let mut stored = stored.clone();
        if stored.spec.demo {
            stored.spec.base_url.clone_from(&self.settings.demo_base_url);
        }
        // Learned dimensions are shown before they are saved.
        stored.spec.dimensions = stored.spec.dimensions.or_else(|| self.gateway.dimensions(&stored.id));
        stored.spec.dimensions_learned = false;
        InstanceView {
            health: self.gateway.health(stored.id.as_str()),
            apis_learned: self.gateway.apis_learned(stored.id.as_str()),
            stored,
        }
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
