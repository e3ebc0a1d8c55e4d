//! A draft of the wizard, taken apart: the balancer as it was typed, and the notes beside it. The notes lie in the
//! draft's body as one member of their own, which is taken out before anything is judged or saved.

use serde_json::{Map, Value, json};

use super::{addresses::step_address, merge::sort_by_priority, notes::Notes, prefill};
use crate::{
    actions::offers::Offer,
    domain::{
        config::{balancer::Balancer, configuration::StoredBalancer},
        console::draft::{Draft, Editing, Step, prefilled},
        ids::ObjectKind,
        timestamp::Timestamp,
    },
};

/// The member of the body that holds the notes.
const MEMBER: &str = "wizard";

/// A draft of the wizard, taken apart.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Kept {
    /// The draft's id; empty for a new one.
    pub(crate) id: String,
    /// What it edits.
    pub(crate) editing: Option<Editing>,
    /// The balancer as it was typed.
    pub(crate) body: Map<String, Value>,
    /// What is remembered beside it.
    pub(crate) notes: Notes,
}

impl Kept {
    /// Takes a draft apart. A draft of another kind is none of the wizard's.
    pub(crate) fn open(draft: Draft) -> Option<Self> {
        let Value::Object(mut body) = draft.body else { return None };
        let notes = body.remove(MEMBER).and_then(|it| serde_json::from_value(it).ok()).unwrap_or_default();
        (draft.kind == ObjectKind::SmartBalancer).then_some(Self {
            id: draft.id,
            editing: draft.editing,
            body,
            notes,
        })
    }

    /// The draft to keep.
    pub(crate) fn draft(&self) -> Draft {
        let mut body = self.body.clone();
        body.insert(MEMBER.to_owned(), json!(self.notes));
        Draft {
            id: self.id.clone(),
            kind: ObjectKind::SmartBalancer,
            editing: self.editing.clone(),
            body: Value::Object(body),
            updated_at: Timestamp::default(),
        }
    }

    /// The body as REST would take it: no notes, no serving name that only follows the name, and the revision that an
    /// edit was made from.
    pub(crate) fn rest_body(&self) -> Value {
        let mut body = self.body.clone();
        if body.get("serving_name").and_then(Value::as_str).is_some_and(str::is_empty) {
            body.remove("serving_name");
        }
        if let Some(editing) = &self.editing {
            body.insert("revision".to_owned(), json!(editing.revision));
        }
        Value::Object(body)
    }

    /// The draft of a new balancer: the common case, with the one sensible choice where there is one.
    pub(crate) fn prefilled(offers: &[Offer]) -> Self {
        let mut body = object(&prefilled());
        let filled = prefill::fill(&mut body, offers);
        Self { id: String::new(), editing: None, body, notes: Notes { filled, ..Notes::default() } }
    }

    /// The draft of an edit, as the balancer is now. All its steps were left once, when it was made.
    pub(crate) fn of_stored(stored: &StoredBalancer) -> Self {
        let mut body = object(&stored.spec);
        sort_by_priority(&mut body);
        Self {
            id: String::new(),
            editing: Some(Editing { id: stored.id.to_string(), revision: stored.revision }),
            body,
            notes: Notes { left: Step::ALL.to_vec(), ..Notes::default() },
        }
    }

    /// The address of a step of this draft.
    pub(crate) fn address(&self, step: Step) -> String {
        step_address(self.editing.as_ref().map(|it| it.id.as_str()), step, &self.id)
    }

    /// How many routes it has.
    pub(crate) fn routes(&self) -> usize {
        self.body.get("routes").and_then(Value::as_array).map_or(0, Vec::len)
    }

    /// Whether the balancer is an `ordered` one, which needs no router model.
    pub(crate) fn is_ordered(&self) -> bool {
        self.body.get("routing_mode").and_then(Value::as_str) == Some("ordered")
    }
}

/// A balancer in its JSON shape.
fn object(balancer: &Balancer) -> Map<String, Value> {
    match json!(balancer) {
        Value::Object(body) => body,
        _ => Map::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_never_reach_what_is_judged_or_saved() {
        let mut kept = Kept { id: String::new(), editing: None, body: Map::new(), notes: Notes::default() };
        kept.body.insert("name".into(), json!("A"));
        kept.body.insert("serving_name".into(), json!(""));
        let again = Kept::open(kept.draft());
        assert_eq!(again.as_ref(), Some(&kept));
        assert_eq!(kept.rest_body(), json!({ "name": "A" }));
    }
}
