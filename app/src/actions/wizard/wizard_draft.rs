//! A draft of the wizard: the balancer that is being typed, and the notes beside it. The notes are one member of the stored
//! body, which no balancer has.

use serde_json::{Value, json};

use super::draft_notes::DraftNotes;
use crate::domain::{
    config::configuration::StoredBalancer,
    console::{
        balancer_draft::{BalancerDraft, destination_option::DestinationOption},
        draft::{Draft, Editing, Step},
    },
    ids::ObjectKind,
    timestamp::Timestamp,
};
use crate::web::step_address::step_address;

/// The member of the stored body that holds the notes.
const NOTES: &str = "wizard";

/// A draft of the wizard.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct WizardDraft {
    /// Its id; empty for a new one.
    pub(crate) id: String,
    /// How often it was kept; 0 for a new one.
    pub(crate) revision: u64,
    /// What it edits.
    pub(crate) editing: Option<Editing>,
    /// The balancer that is being typed.
    pub(crate) balancer: BalancerDraft,
    /// What is remembered beside it.
    pub(crate) notes: DraftNotes,
}

impl WizardDraft {
    /// Reads a kept draft; `None` for one of another kind of object.
    pub(crate) fn from_draft(draft: Draft) -> Option<Self> {
        let notes = draft.body.get(NOTES).cloned();
        (draft.kind == ObjectKind::SmartBalancer).then(|| Self {
            id: draft.id,
            revision: draft.revision,
            editing: draft.editing,
            balancer: BalancerDraft::from_body(&draft.body),
            notes: notes.and_then(|it| serde_json::from_value(it).ok()).unwrap_or_default(),
        })
    }

    /// The draft to keep.
    pub(crate) fn to_draft(&self) -> Draft {
        let mut body = self.balancer.to_body();
        body.insert(NOTES.to_owned(), json!(self.notes));
        Draft {
            id: self.id.clone(),
            revision: self.revision,
            kind: ObjectKind::SmartBalancer,
            editing: self.editing.clone(),
            body: Value::Object(body),
            updated_at: Timestamp::default(),
        }
    }

    /// The body as REST would take it: no notes, and the revision that an edit was made from.
    pub(crate) fn rest_body(&self) -> Value {
        let mut body = self.balancer.to_body();
        if let Some(editing) = &self.editing {
            body.insert("revision".to_owned(), json!(editing.revision));
        }
        Value::Object(body)
    }

    /// The prefilled draft of a new balancer.
    pub(crate) fn prefilled(options: &[DestinationOption]) -> Self {
        let mut draft = Self::default();
        draft.notes.filled = draft.balancer.prefill(options);
        draft
    }

    /// The draft of an edit, as the balancer is now. All its steps were left once, when it was made.
    pub(crate) fn of_stored(stored: &StoredBalancer) -> Self {
        Self {
            editing: Some(Editing { id: stored.id.to_string(), revision: stored.revision }),
            balancer: BalancerDraft::of_saved(&stored.spec),
            notes: DraftNotes { left: Step::ALL.to_vec(), ..DraftNotes::default() },
            ..Self::default()
        }
    }

    /// The address of a step of this draft.
    pub(crate) fn address(&self, step: Step) -> String {
        step_address(self.editing.as_ref().map(|it| it.id.as_str()), step, &self.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_never_reach_what_is_judged_or_saved() {
        let mut draft = WizardDraft::default();
        draft.balancer.name = "A".to_owned();
        draft.notes.prompt = "try me".to_owned();
        let again = WizardDraft::from_draft(draft.to_draft()).unwrap_or_default();
        assert_eq!((again.balancer.name.as_str(), &again.notes), ("A", &draft.notes));
        let body = draft.rest_body();
        assert_eq!((body.get(NOTES), body.get("serving_name"), body.get("revision")), (None, None, None));
    }
}
