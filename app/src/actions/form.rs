//! Saving the form of an instance or a target group. What is refused is kept as a draft, so that nothing typed is lost.

use serde_json::Value;

use crate::{
    domain::{
        console::draft::{Draft, Editing},
        ids::ObjectKind,
    },
    ports::{Actor, Saved},
    web::{action_error::ActionError, addresses, context, redirect},
};

/// What a form is about to make or change.
pub(crate) struct FormTarget {
    /// The kind of object.
    pub(crate) kind: ObjectKind,
    /// The object's id; empty for a new one.
    pub(crate) id: String,
    /// The revision that the form was made from, as it was sent.
    pub(crate) revision: String,
    /// The kept form; empty where there is none yet.
    pub(crate) draft: String,
}

impl FormTarget {
    /// The page of the form.
    pub(crate) fn page(&self) -> String {
        addresses::form(self.kind, &self.id)
    }

    /// What was typed, to be kept.
    pub(crate) fn draft(&self, body: Value) -> Draft {
        let revision = self.revision.parse().unwrap_or_default();
        Draft {
            id: self.draft.clone(),
            kind: self.kind,
            editing: (!self.id.is_empty()).then(|| Editing { id: self.id.clone(), revision }),
            body,
            updated_at: context::now(),
        }
    }
}

/// Saves `body` with `secrets` on top, which are never kept. Where it is refused, what was typed is kept, the
/// browser is sent back, and the answer is `None`.
pub(crate) async fn save_form(
    who: &Actor,
    target: &FormTarget,
    body: Value,
    secrets: Vec<(&str, Value)>,
) -> Result<Option<Saved>, ActionError> {
    let control = context::control()?;
    let mut whole = body.clone();
    if let Value::Object(fields) = &mut whole {
        fields.extend(secrets.into_iter().map(|(name, value)| (name.to_owned(), value)));
        if !target.id.is_empty() {
            fields.insert(
                "revision".to_owned(),
                target.revision.parse::<u64>().map_or(Value::Null, Value::from),
            );
        }
    }
    let saved = if target.id.is_empty() {
        control.create(who, target.kind, whole).await
    } else {
        control.replace(who, target.kind, &target.id, whole).await
    };
    match saved {
        Ok(saved) => {
            if !target.draft.is_empty() {
                // A draft that stays is one too many in a list, and nothing else.
                let _ = control.drop_draft(who, &target.draft).await;
            }
            Ok(Some(saved))
        }
        Err(refusal) => {
            redirect::back_with_draft(who, target.draft(body), &target.page(), refusal).await?;
            Ok(None)
        }
    }
}
