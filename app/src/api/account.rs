//! One's own account: the password, and where one is signed in.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use super::typed_secret::TypedSecret;
use crate::domain::{field_error::FieldError, person::SessionView, role::Role, timestamp::Timestamp};
use crate::web::Answer;
use crate::web::notice::FlashNotice;

#[cfg(feature = "ssr")]
mod server;

/// The page about oneself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct AccountPage {
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

/// What somebody typed to change their password.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct PasswordForm {
    /// The one that counts until now.
    old: TypedSecret,
    /// The one that counts from now on.
    new: TypedSecret,
}

/// A session to end.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct SessionForm {
    id: String,
}

/// The page about oneself. `form` names what was wrong with a form that was sent before, `note` what to say once.
#[server(prefix = "/fn", endpoint = "read_account")]
pub(crate) async fn read_account(
    #[server(default)] form: String,
    #[server(default)] note: String,
) -> Answer<AccountPage> {
    crate::web::action_error::answer(server::page(&form, &note).await)
}

/// Changes one's own password.
#[server(prefix = "/fn", endpoint = "change_password")]
pub(crate) async fn change_password(form: PasswordForm) -> Answer<()> {
    crate::web::action_error::answer(server::change_password(form).await)
}

/// Ends one of one's sessions.
#[server(prefix = "/fn", endpoint = "end_session")]
pub(crate) async fn end_session(form: SessionForm) -> Answer<()> {
    crate::web::action_error::answer(server::end_session(&form.id).await)
}

/// Ends all of one's sessions, this one included.
#[server(prefix = "/fn", endpoint = "sign_out_everywhere")]
pub(crate) async fn sign_out_everywhere() -> Answer<()> {
    crate::web::action_error::answer(server::sign_out_everywhere().await)
}
