//! Data of the user's own account.

use crate::{
    domain::{field_error::FieldError, person::SessionView, role::Role, timestamp::Timestamp},
    web::{
        action_error::ActionError, context, cookies, flash::notice::FlashNotice, form::refused::refused_form,
        page_params::PageParams,
    },
};

/// The user's own account page.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct AccountPageData {
    /// The user name.
    pub(crate) name: String,
    /// Permissions.
    pub(crate) role: Role,
    /// The user's sessions, last used first.
    pub(crate) sessions: Vec<SessionView>,
    /// Errors of the entered passwords.
    pub(crate) errors: Vec<FieldError>,
    /// A notice after a redirect.
    pub(crate) note: Option<FlashNotice>,
    /// Render time of the page.
    pub(crate) now: Timestamp,
}

pub(crate) async fn account(params: PageParams) -> Result<AccountPageData, ActionError> {
    let note = &params.text("note");
    let who = context::actor()?;
    let sessions = context::people()?.own_sessions(&who, cookies::sent().as_ref()).await?;
    let mut refused = refused_form::<()>(&who, &params).await.unwrap_or_default();
    let note = context::flash_message(&who, note).await.or(refused.notice());
    let errors = refused.errors;
    Ok(AccountPageData { name: who.name, role: who.role, sessions, errors, note, now: context::now() })
}
