//! A form's page as data: what stands in the form, what is wrong with it, and what is known of the saved object.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::domain::{config::configuration::UsedBy, field_error::ValidationReport, timestamp::Timestamp};
use crate::web::notice::FlashNotice;

/// What a form's page shows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct FormPage {
    /// What stands in the form, in the object's JSON shape.
    pub(crate) body: Value,
    /// The kept form that it comes from; empty where it comes from what is saved, or is blank.
    pub(crate) draft: String,
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
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
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

#[cfg(feature = "ssr")]
pub(crate) use server::{FormTarget, read, save};

#[cfg(feature = "ssr")]
mod server {
    use super::{FormPage, SavedFacts};
    use crate::{
        domain::{
            config::decode,
            console::draft::{Draft, Editing},
            field_error::ValidationReport,
            ids::ObjectKind,
        },
        ports::{Actor, Role, Saved},
        refusal::Refusal,
        web::{action_error::ActionError, addresses, context, page_query::PageQuery, redirect},
    };
    use serde_json::Value;

    /// The page of a form: `blank` is what a new one begins with, `saved` the object that it changes and its body.
    pub(crate) async fn read(
        who: &Actor,
        kind: ObjectKind,
        look: PageQuery,
        blank: Value,
        saved: Option<(SavedFacts, Value)>,
    ) -> Result<FormPage, ActionError> {
        let control = context::control()?;
        // Who may not change anything sees what is saved.
        let look = match who.role {
            Role::Viewer => PageQuery { id: look.id, note: look.note, ..PageQuery::default() },
            Role::Editor | Role::Admin => look,
        };
        let draft = match look.draft.as_str() {
            "" => None,
            id => Some(control.draft(who, id).await?),
        };
        let editing = draft.as_ref().and_then(|draft| draft.editing.as_ref());
        let belongs = draft.as_ref().is_none_or(|draft| {
            draft.kind == kind
                && editing.map(|it| it.id.as_str()) == saved.as_ref().map(|it| it.0.id.as_str())
        });
        if !belongs {
            return Err(Refusal::Gone("This draft belongs to another page.".to_owned()).into());
        }
        let begun = editing.map(|editing| editing.revision);
        let (saved, stored) = saved.unzip();
        let saved = saved
            .map(|facts| SavedFacts { stale: begun.is_some_and(|begun| begun != facts.revision), ..facts });
        // What was pasted may leave fields out; the form shows what saving it would set.
        let kept = draft.map(|draft| decode::completed(kind, &draft.body));
        let body = kept.or(stored).unwrap_or(blank);
        let mut report = ValidationReport::new(Vec::new(), Vec::new());
        if saved.is_some() || !look.check.is_empty() {
            let mut judged = body.clone();
            if let (Some(saved), Value::Object(fields)) = (&saved, &mut judged) {
                // It goes along beside the form, as it does when the form is saved.
                fields.insert("revision".to_owned(), Value::from(begun.unwrap_or(saved.revision)));
            }
            report = control.validate(kind, &judged, saved.as_ref().map(|it| it.id.as_str()));
        }
        if look.check.is_empty() {
            report.errors.clear();
        }
        let note = context::flash()?.peek(&who.name, &look.note).await;
        let (draft, confirm, now) = (look.draft, look.confirm, context::now());
        Ok(FormPage { body, draft, report, saved, note, confirm, now })
    }

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
    pub(crate) async fn save(
        who: &Actor,
        aim: &FormTarget,
        body: Value,
        secrets: Vec<(&str, Value)>,
    ) -> Result<Option<Saved>, ActionError> {
        let control = context::control()?;
        let mut whole = body.clone();
        if let Value::Object(fields) = &mut whole {
            fields.extend(secrets.into_iter().map(|(name, value)| (name.to_owned(), value)));
            if !aim.id.is_empty() {
                fields.insert(
                    "revision".to_owned(),
                    aim.revision.parse::<u64>().map_or(Value::Null, Value::from),
                );
            }
        }
        let saved = if aim.id.is_empty() {
            control.create(who, aim.kind, whole).await
        } else {
            control.replace(who, aim.kind, &aim.id, whole).await
        };
        match saved {
            Ok(saved) => {
                if !aim.draft.is_empty() {
                    // A draft that stays is one too many in a list, and nothing else.
                    let _ = control.drop_draft(who, &aim.draft).await;
                }
                Ok(Some(saved))
            }
            Err(refusal) => {
                redirect::back_with_draft(who, aim.draft(body), &aim.page(), refusal).await?;
                Ok(None)
            }
        }
    }
}
