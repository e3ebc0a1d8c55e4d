//! Objects as REST shows them: what is stored, with the health of now beside it.

use app::api::ports::Gateway as _;
use app::domain::{
    configuration::{Configuration, StoredGroup},
    ids::ObjectKind,
    view::{InstanceView, MemberView, TargetGroupView},
};
use serde_json::Value;

use super::Operations;

impl Operations {
    /// The published object of that kind and id; `None` where there is none.
    pub fn render(&self, kind: ObjectKind, id: &str) -> Option<Value> {
        self.render_in(&self.published.load(), kind, id)
    }

    /// The same in a configuration that is not published yet.
    pub(super) fn render_in(
        &self,
        configuration: &Configuration,
        kind: ObjectKind,
        id: &str,
    ) -> Option<Value> {
        let rendered = match kind {
            ObjectKind::Instance => {
                let stored = configuration.instance(id)?.clone();
                serde_json::to_value(InstanceView { health: self.gateway.health(id), stored })
            }
            ObjectKind::TargetGroup => serde_json::to_value(self.group_view(configuration.target_group(id)?)),
            ObjectKind::SmartBalancer => serde_json::to_value(configuration.balancer(id)?),
        };
        rendered.ok()
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
