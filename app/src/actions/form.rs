//! Saving the form of an instance or a target group. What is refused is kept as a draft, so that nothing typed is lost.

use serde_json::Value;

use crate::{
    domain::{
        console::draft::{Draft, Editing},
        field_error::FieldError,
        ids::ObjectKind,
    },
    ports::{Actor, ControlPlane, Saved},
    refusal::{Refusal, Reply},
    web::{action_error::ActionError, addresses, context, flash::notice::FlashNotice, redirect},
};

/// What a form is about to make or change.
pub(crate) struct FormTarget {
    /// The kind of object.
    pub(crate) kind: ObjectKind,
    /// The object's id; empty for a new one.
    pub(crate) id: String,
    /// The revision that the form was made from, as it was sent.
    pub(crate) revision: String,
    /// The draft that the form came from; empty if there is none.
    pub(crate) draft: String,
    /// The draft's revision, as it was sent.
    pub(crate) draft_revision: String,
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
            revision: self.draft_revision.parse().unwrap_or_default(),
            kind: self.kind,
            editing: (!self.id.is_empty()).then(|| Editing { id: self.id.clone(), revision }),
            body,
            updated_at: context::now(),
        }
    }
}

/// Saves `body` with `secrets` on top, which are never kept. If it is refused, what was typed is kept, the
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
    // What is saved on purpose is saved whatever another tab made of the draft.
    let draft = Draft { revision: 0, ..target.draft(Value::Null) };
    match control.save_draft(who, draft, whole).await {
        Ok(saved) => Ok(Some(saved)),
        Err(refusal) => {
            back_with_draft(who, target.draft(body), &target.page(), refusal).await?;
            Ok(None)
        }
    }
}

/// Sends the browser back to `page` where `refusal` came up, with what was typed kept as a draft. The page finds the
/// errors of the draft again by validation; what validation cannot find is said by a note.
///
/// # Errors
/// If the draft cannot be kept either, the refusal itself: with scripting the form is still there and says so;
/// without, the page says so and what was typed is the browser's to bring back.
async fn back_with_draft(who: &Actor, draft: Draft, page: &str, refusal: Refusal) -> Result<(), ActionError> {
    let Ok(draft) = keep_form(&*context::control()?, who, draft).await else {
        if redirect::is_plain_form() {
            redirect::with_notice(who, page, &FlashNotice::Refused(refusal.clone())).await?;
        }
        return Err(refusal.into());
    };
    // Secrets are not kept, so validation does not find their errors again.
    let of_secrets = |it: &FieldError| it.path == "api_key" || it.path.starts_with("headers.");
    let mut lost = refusal.errors();
    lost.retain(of_secrets);
    let refusal = if lost.is_empty() { refusal } else { Refusal::Invalid(lost.clone()) };
    if !lost.is_empty() || refusal.errors().is_empty() && !matches!(refusal, Refusal::Stale { .. }) {
        let note = context::flash()?.put_notice(&who.name, &FlashNotice::Refused(refusal)).await;
        redirect::to(&redirect::with_query(page, &[("draft", &draft), ("check", "1"), ("note", &note)]))?;
    } else {
        redirect::to(&redirect::with_query(page, &[("draft", &draft), ("check", "1")]))?;
    }
    Ok(())
}

/// Keeps what was typed. If another tab kept the draft meanwhile, it becomes a draft of its own, so that neither overwrites
/// the other. Answers with the draft's id.
pub(crate) async fn keep_form(control: &dyn ControlPlane, who: &Actor, draft: Draft) -> Reply<String> {
    let kept = match control.keep_draft(who, draft.clone()).await {
        Err(Refusal::Stale { .. }) => control.keep_draft(who, Draft { id: String::new(), ..draft }).await,
        kept => kept,
    };
    kept.map(|it| it.id)
}
