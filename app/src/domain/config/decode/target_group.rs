//! Decodes a target group.

use serde_json::Value;

use super::{Decoded, Envelope, Fields, Purpose};
use crate::domain::{
    config::{
        instance::{KeyChange, WorkloadKind},
        target_group::{Member, SelectionPolicy, TargetGroup},
    },
    ids::InstanceId,
    limits, range,
};

/// Decodes a target group.
pub fn target_group(body: &Value, purpose: Purpose) -> Decoded<TargetGroup> {
    let mut fields = Fields::of(body, "");
    let envelope = Envelope::read(&mut fields, purpose);
    let value = TargetGroup {
        name: fields.required_text("name"),
        display_name: fields.text("display_name"),
        description: fields.text("description"),
        workload_kind: fields.one_of("workload_kind", &WorkloadKind::ALL, WorkloadKind::as_str),
        selection_policy: fields.one_of("selection_policy", &SelectionPolicy::ALL, SelectionPolicy::as_str),
        enabled: fields.flag("enabled", TargetGroup::default().enabled),
        members: members(&mut fields),
    };
    envelope.into_decoded(value, KeyChange::Keep, fields)
}

fn members(fields: &mut Fields<'_>) -> Vec<Member> {
    let items = fields.required_list("members", limits::MEMBERS);
    let mut members = Vec::with_capacity(items.len());
    let defaults = Member::default();
    for (place, item) in items.into_iter().enumerate() {
        let mut inner = Fields::of(item, format!("members[{place}]"));
        inner.ignore(&["health", "share"]);
        members.push(Member {
            instance_id: InstanceId::from(inner.required_text("instance_id")),
            weight: inner.number("weight", defaults.weight, range::WEIGHT),
            enabled: inner.flag("enabled", defaults.enabled),
            priority: inner.number("priority", defaults.priority, range::PRIORITY),
        });
        fields.extend_errors(inner.finish());
    }
    members
}
