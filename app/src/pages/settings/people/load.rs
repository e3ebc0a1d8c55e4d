//! Data of the user management.

use crate::{
    actions::people::{MadeLink, PersonForm},
    domain::{field_error::FieldError, person::Person, role::Role, timestamp::Timestamp},
    web::{
        action_error::ActionError,
        context,
        flash::notice::FlashNotice,
        form::refused::{RefusedForm, refused_form},
        page_params::PageParams,
    },
};

/// Data of the user management.
#[derive(Clone, PartialEq)]
pub(crate) struct PeoplePageData {
    /// All users, ordered by name.
    pub(crate) people: Vec<Person>,
    /// The current user.
    pub(crate) me: String,
    /// The link that was just created, shown once.
    pub(crate) link: Option<MadeLink>,
    /// Whether the URL names a link that was already shown.
    pub(crate) shown_before: bool,
    /// The entered values of a new user.
    pub(crate) form: PersonForm,
    /// Errors of the entered values.
    pub(crate) errors: Vec<FieldError>,
    /// A notice after a redirect.
    pub(crate) note: Option<FlashNotice>,
    /// Render time of the page.
    pub(crate) now: Timestamp,
}

pub(crate) async fn people(params: PageParams) -> Result<PeoplePageData, ActionError> {
    let (who, flash) = (context::actor()?, context::flash()?);
    let people = context::people()?.people(&who).await?;
    // Deleted when read, so a refresh does not show it again.
    let link: Option<MadeLink> = flash.take(&who.name, &params.text("link")).await;
    let shown_before = link.is_none() && !params.text("link").is_empty();
    let refused = refused_form::<PersonForm>(&who, &params).await;
    let note = context::flash_message(&who, &params.text("note")).await;
    let fresh = PersonForm { role: Role::Editor.as_str().to_owned(), ..PersonForm::default() };
    let mut refused = refused.unwrap_or(RefusedForm { form: fresh, ..RefusedForm::default() });
    let note = note.or(refused.notice());
    let RefusedForm { form, errors, .. } = refused;
    Ok(PeoplePageData { people, me: who.name, link, shown_before, form, errors, note, now: context::now() })
}
