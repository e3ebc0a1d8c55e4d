//! A target group as it is typed.

use serde_json::{Value, json};

use crate::{
    actions::form::FormTarget,
    domain::{
        config::target_group::{Member, TargetGroup},
        ids::ObjectKind,
    },
    web::form::body::FormBody,
};
use serde::{Deserialize, Serialize};

/// Form of a target group.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct TargetGroupForm {
    id: String,
    revision: String,
    draft: String,
    draft_revision: String,
    name: String,
    display_name: String,
    description: String,
    workload_kind: String,
    selection_policy: String,
    enabled: String,
    members: Vec<TypedMember>,
    /// What was pasted to fill the form from.
    pub(crate) paste: String,
}

/// Row of a member in the form.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct TypedMember {
    instance_id: String,
    weight: String,
    priority: String,
    enabled: String,
}

impl TargetGroupForm {
    /// What it makes or changes.
    pub(crate) fn target(&self) -> FormTarget {
        FormTarget {
            kind: ObjectKind::TargetGroup,
            id: self.id.clone(),
            revision: self.revision.clone(),
            draft: self.draft.clone(),
            draft_revision: self.draft_revision.clone(),
        }
    }

    /// The body, with the members in the order of the rows.
    pub(crate) fn body(&self) -> Value {
        let members: Vec<Value> = self.members.iter().map(TypedMember::body).collect();
        FormBody::default()
            .text("name", &self.name)
            .text("display_name", &self.display_name)
            .text("description", &self.description)
            .choice("workload_kind", &self.workload_kind)
            .choice("selection_policy", &self.selection_policy)
            .flag("enabled", &self.enabled)
            .part("members", members)
            .build()
    }

    /// How many rows there are.
    pub(crate) fn rows(&self) -> usize {
        self.members.len()
    }

    /// Adds an empty row with the usual weight and tier.
    pub(crate) fn add_row(&mut self) {
        let usual = Member::default();
        self.members.push(TypedMember {
            instance_id: String::new(),
            weight: usual.weight.to_string(),
            priority: usual.priority.to_string(),
            enabled: usual.enabled.to_string(),
        });
    }

    /// Takes a row out; a place that is not there is left alone.
    pub(crate) fn remove_row(&mut self, place: usize) {
        if place < self.members.len() {
            self.members.remove(place);
        }
    }
}

impl TypedMember {
    fn body(&self) -> Value {
        let body = FormBody::default()
            .text("instance_id", &self.instance_id)
            .whole("weight", &self.weight)
            .flag("enabled", &self.enabled)
            .whole("priority", &self.priority);
        body.build()
    }
}

/// What a new group begins with: the usual choices and one empty row.
pub(crate) fn blank() -> Value {
    json!(TargetGroup { members: vec![Member::default()], ..TargetGroup::default() })
}
