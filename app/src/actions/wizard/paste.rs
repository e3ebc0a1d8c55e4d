//! Filling a draft from a pasted balancer: an object copied from REST, or written by hand.

use serde_json::Value;

use super::wizard_draft::WizardDraft;
use crate::domain::{
    config::{
        configuration::Configuration,
        decode::{self, Purpose},
        paste,
        validate::resolve_refs,
    },
    console::{balancer_draft::BalancerDraft, draft::Step},
};

/// Fills the draft; what of the text could not be read is noted, and all of it where it is no object at all. A balancer
/// that is read somewhere else becomes a new one: its id stays behind.
pub(super) fn fill(draft: &mut WizardDraft, text: &str, configuration: &Configuration) {
    draft.notes.pasted.clear();
    draft.notes.paste_errors.clear();
    let pasted = match paste::json(text) {
        Ok(pasted) => pasted,
        Err(error) => {
            text.clone_into(&mut draft.notes.pasted);
            draft.notes.paste_errors.push(error);
            return;
        }
    };
    let mut decoded = decode::balancer(&pasted, Purpose::Create);
    resolve_refs(&mut decoded.value, configuration);
    if pasted.get("serving_name").is_none_or(Value::is_null) {
        // It follows the name, as it does when it is typed.
        decoded.value.serving_name.clear();
    }
    draft.balancer = BalancerDraft::of_balancer(&decoded.value);
    // Of a whole balancer that is pasted, everything that is missing is an error to show.
    draft.notes.left = Step::ALL.to_vec();
    draft.notes.filled = false;
    draft.notes.paste_errors = decoded.errors;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(text: &str) -> WizardDraft {
        let mut draft = WizardDraft::prefilled(&[]);
        fill(&mut draft, text, &Configuration::default());
        draft
    }

    #[test]
    fn a_pasted_balancer_fills_the_draft() {
        let draft = filled(r#"{"id": "sb_x", "revision": 4, "name": "Desk", "routes": []}"#);
        assert_eq!((draft.balancer.name.as_str(), draft.balancer.serving_name.as_deref()), ("Desk", None));
        assert_eq!((draft.rest_body().get("id"), &draft.notes.paste_errors), (None, &Vec::new()));
    }

    #[test]
    fn what_cannot_be_read_is_reported() {
        let draft = filled(r#"{"name": "Desk", "routes": [], "odd": 1, "enabled": 7}"#);
        let paths: Vec<_> = draft.notes.paste_errors.iter().map(|it| it.path.as_str()).collect();
        assert_eq!(paths, ["enabled", "odd"]);
        let draft = filled("nothing");
        assert_eq!((draft.notes.pasted.as_str(), draft.notes.paste_errors.len()), ("nothing", 1));
        assert!(!draft.balancer.routes.is_empty(), "the draft stays as it was");
    }
}
