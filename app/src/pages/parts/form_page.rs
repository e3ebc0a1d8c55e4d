//! Data of the page of a form: what stands in the form, what is wrong with it, and what is known of the saved object.

use serde_json::Value;

use crate::{
    domain::{
        config::{configuration::UsedBy, decode},
        field_error::ValidationReport,
        ids::ObjectKind,
        timestamp::Timestamp,
    },
    ports::{Actor, Role},
    refusal::Refusal,
    web::{action_error::ActionError, context, flash::notice::FlashNotice, page_params::PageParams},
};

/// What a form's page shows.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct FormPage {
    /// What stands in the form, in the object's JSON shape.
    pub(crate) body: Value,
    /// The kept form that it comes from; empty where it comes from what is saved, or is blank.
    pub(crate) draft: String,
    /// The revision of that draft; 0 if there is none.
    pub(crate) draft_revision: u64,
    /// What is wrong with it; empty while nobody has tried to save it.
    pub(crate) report: ValidationReport,
    /// The saved object; absent for a new one.
    pub(crate) saved: Option<SavedFacts>,
    /// What happened.
    pub(crate) note: Option<FlashNotice>,
    /// The name that was typed to confirm a deletion.
    pub(crate) confirm: String,
    /// When the page was made.
    pub(crate) now: Timestamp,
}

/// What is known of a saved object.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct SavedFacts {
    /// Its id.
    pub(crate) id: String,
    /// Its name.
    pub(crate) name: String,
    /// Its revision now.
    pub(crate) revision: u64,
    /// Whether it was saved by somebody else after the draft was begun.
    pub(crate) stale: bool,
    /// When it was last saved.
    pub(crate) updated_at: Timestamp,
    /// What refers to it.
    pub(crate) used_by: Vec<UsedBy>,
}

/// The page of a form: `blank` is what a new one begins with, `saved` the object that it changes and its body.
pub(crate) async fn read(
    who: &Actor,
    kind: ObjectKind,
    params: PageParams,
    blank: Value,
    saved: Option<(SavedFacts, Value)>,
) -> Result<FormPage, ActionError> {
    let control = context::control()?;
    // Who may not change anything sees what is saved.
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
    // What was pasted may leave fields out; the form shows what saving it would set.
    let kept = draft.map(|draft| decode::completed(kind, &draft.body));
    let body = kept.or(stored).unwrap_or(blank);
    let mut report = ValidationReport::new(Vec::new(), Vec::new());
    if saved.is_some() || check {
        let mut judged = body.clone();
        if let (Some(saved), Value::Object(fields)) = (&saved, &mut judged) {
            // It goes along beside the form, as it does when the form is saved.
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
