//! Data of the page about oneself.

use crate::{
    domain::{field_error::FieldError, person::SessionView, role::Role, timestamp::Timestamp},
    web::{
        action_error::ActionError, context, cookies, flash::notice::FlashNotice, form::refused::refused_form,
        page_params::PageParams, redirect,
    },
};

/// The page about oneself.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct AccountPageData {
    /// The user name.
    pub(crate) name: String,
    /// What they may do.
    pub(crate) role: Role,
    /// Where they are signed in, the last used first.
    pub(crate) sessions: Vec<SessionView>,
    /// What is wrong with the passwords that were typed.
    pub(crate) errors: Vec<FieldError>,
    /// What happened.
    pub(crate) note: Option<FlashNotice>,
    /// When the page was made.
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
