//! Fills a draft from a pasted balancer: the object as REST shows it, or as somebody wrote it.

use serde_json::{Value, json};

use super::kept::Kept;
use crate::domain::{
    config::{
        configuration::Configuration,
        decode::{self, Purpose},
        paste,
        validate::resolve_refs,
    },
    console::draft::Step,
};

/// Fills the draft; what of the text could not be read is noted, and all of it where it is no object at all. A balancer
/// that is read somewhere else becomes a new one: its id stays behind.
pub(super) fn fill(kept: &mut Kept, text: &str, configuration: &Configuration) {
    kept.notes.pasted.clear();
    kept.notes.paste_errors.clear();
    let pasted = match paste::json(text) {
        Ok(pasted) => pasted,
        Err(error) => {
            text.clone_into(&mut kept.notes.pasted);
            kept.notes.paste_errors.push(error);
            return;
        }
    };
    let mut decoded = decode::balancer(&pasted, Purpose::Create);
    resolve_refs(&mut decoded.value, configuration);
    if pasted.get("serving_name").is_none_or(Value::is_null) {
        // It follows the name, as it does when it is typed.
        decoded.value.serving_name.clear();
    }
    if let Value::Object(body) = json!(decoded.value) {
        kept.body = body;
    }
    // Where a whole balancer is pasted, all that is missing of it may be told.
    kept.notes.left = Step::ALL.to_vec();
    kept.notes.filled = false;
    kept.notes.paste_errors = decoded.errors;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(text: &str) -> Kept {
        let mut kept = Kept::prefilled(&[]);
        fill(&mut kept, text, &Configuration::default());
        kept
    }

    #[test]
    fn a_pasted_balancer_fills_the_draft() {
        let kept = filled(r#"{"id": "sb_x", "revision": 4, "name": "Desk", "routes": []}"#);
        let shown = [&kept.body["name"], &kept.body["serving_name"], &kept.body["routing_mode"]];
        assert_eq!(shown, ["Desk", "", "intent_classifier"]);
        assert_eq!((kept.body.get("id"), &kept.notes.paste_errors), (None, &Vec::new()));
    }

    #[test]
    fn what_cannot_be_read_is_told() {
        let kept = filled(r#"{"name": "Desk", "routes": [], "odd": 1, "enabled": 7}"#);
        let paths: Vec<_> = kept.notes.paste_errors.iter().map(|it| it.path.as_str()).collect();
        assert_eq!(paths, ["enabled", "odd"]);
        let kept = filled("nothing");
        assert_eq!((kept.notes.pasted.as_str(), kept.notes.paste_errors.len()), ("nothing", 1));
        assert_ne!(kept.body["routes"], json!([]), "the draft stays as it was");
    }
}
