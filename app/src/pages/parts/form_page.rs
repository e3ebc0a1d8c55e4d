//! Data of a form page: values, errors, and facts about the stored object.

use std::fmt::Display;

use serde_json::Value;

use crate::{
    domain::{
        config::{
            configuration::{Stored, UsedBy},
            decode,
        },
        field_error::ValidationReport,
        ids::ObjectKind,
        timestamp::Timestamp,
    },
    ports::{Actor, Role},
    refusal::Refusal,
    web::{action_error::ActionError, context, flash::notice::FlashNotice, page_params::PageParams},
};

/// Data of a form page.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct FormPage {
    /// The values in the object's JSON form.
    pub(crate) body: Value,
    /// Id of the draft that the values come from; empty if there is none.
    pub(crate) draft: String,
    /// The revision of that draft; 0 if there is none.
    pub(crate) draft_revision: u64,
    /// Errors and warnings; empty until the user tries to save.
    pub(crate) report: ValidationReport,
    /// Facts about the stored object; `None` for a new one.
    pub(crate) saved: Option<SavedFacts>,
    /// A notice after a redirect.
    pub(crate) note: Option<FlashNotice>,
    /// The name entered to confirm a deletion.
    pub(crate) confirm: String,
    /// Render time of the page.
    pub(crate) now: Timestamp,
}

/// Facts about a stored object.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct SavedFacts {
    /// Id of the object.
    pub(crate) id: String,
    /// Name of the object.
    pub(crate) name: String,
    /// The new revision.
    pub(crate) revision: u64,
    /// Whether it was saved after the draft was created.
    pub(crate) stale: bool,
    /// Time of the last save.
    pub(crate) updated_at: Timestamp,
    /// Objects that refer to it.
    pub(crate) used_by: Vec<UsedBy>,
}

impl SavedFacts {
    /// The facts of an object that was not saved since.
    pub(crate) fn of<I: Display, S>(stored: &Stored<I, S>, name: &str, used_by: Vec<UsedBy>) -> Self {
        Self {
            id: stored.id.to_string(),
            name: name.to_owned(),
            revision: stored.revision,
            stale: false,
            updated_at: stored.updated_at,
            used_by,
        }
    }
}

/// Loads a form page: `blank` is the initial body of a new object, `saved` the stored object and its body.
pub(crate) async fn read(
    who: &Actor,
    kind: ObjectKind,
    params: PageParams,
    blank: Value,
    saved: Option<(SavedFacts, Value)>,
) -> Result<FormPage, ActionError> {
    let control = context::control()?;
    // Users who may not make changes see the stored object.
    let asked = |name: &str| if who.role >= Role::Editor { params.text(name) } else { String::new() };
    let (draft_id, check, confirm) = (asked("draft"), !asked("check").is_empty(), asked("confirm"));
    let draft = match draft_id.as_str() {
        "" => None,
        id => Some(control.draft(who, id).await?),
    };
    let editing = draft.as_ref().and_then(|draft| draft.editing.as_ref());
    let belongs = draft.as_ref().is_none_or(|draft| {
        draft.kind == kind && editing.map(|it| it.id.as_str()) == saved.as_ref().map(|it| it.0.id.as_str())
    });
    if !belongs {
        return Err(Refusal::Gone("This draft belongs to another page.".to_owned()).into());
    }
    let draft_revision = draft.as_ref().map_or(0, |it| it.revision);
    let begun = editing.map(|editing| editing.revision);
    let (saved, stored) = saved.unzip();
    let saved =
        saved.map(|facts| SavedFacts { stale: begun.is_some_and(|begun| begun != facts.revision), ..facts });
    // Pasted JSON may lack fields; the form shows what saving would store.
    let kept = draft.map(|draft| decode::completed(kind, &draft.body));
    let body = kept.or(stored).unwrap_or(blank);
    let mut report = ValidationReport::new(Vec::new(), Vec::new());
    if saved.is_some() || check {
        let mut judged = body.clone();
        if let (Some(saved), Value::Object(fields)) = (&saved, &mut judged) {
            // The revision is posted with the form.
            fields.insert("revision".to_owned(), Value::from(begun.unwrap_or(saved.revision)));
        }
        report = control.validate(kind, &judged, saved.as_ref().map(|it| it.id.as_str()));
    }
    if !check {
        report.errors.clear();
    }
    let note = context::flash()?.peek(&who.name, &params.text("note")).await;
    let now = context::now();
    Ok(FormPage { body, draft: draft_id, draft_revision, report, saved, note, confirm, now })
}
