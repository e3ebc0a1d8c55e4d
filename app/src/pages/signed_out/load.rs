//! Data of the pages for users who are not signed in. Loading does not use up a link.

use crate::{
    domain::{field_error::FieldError, secret::Secret},
    web::{
        action_error::ActionError,
        context,
        page_params::PageParams,
        signed_out::{cookies_allowed, refused},
    },
};

/// Data of the sign-in page and the set-up page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SignedOutPageData {
    /// Whether there is no admin yet.
    pub(crate) needs_setup: bool,
    /// Whether session cookies are impossible on this connection.
    pub(crate) no_cookies: bool,
    /// The entered user name.
    pub(crate) name: String,
    /// Errors of the entered values.
    pub(crate) errors: Vec<FieldError>,
}

/// Data of the page of a one-time link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct InvitationPageData {
    /// User name of the link.
    pub(crate) name: String,
    /// Whether session cookies are impossible on this connection.
    pub(crate) no_cookies: bool,
    /// Errors of the entered password.
    pub(crate) errors: Vec<FieldError>,
}

/// Loads a signed-out page.
pub(crate) async fn page(params: PageParams) -> Result<SignedOutPageData, ActionError> {
    let needs_setup = context::sessions()?.needs_setup().await?;
    let no_cookies = cookies_allowed().is_err();
    let (name, errors) = refused(&params.text("note"), "name");
    Ok(SignedOutPageData { needs_setup, no_cookies, name, errors })
}

/// Loads the page of a one-time link.
pub(crate) async fn invitation(params: PageParams) -> Result<InvitationPageData, ActionError> {
    let name = context::people()?.invited(&Secret::new(params.text("token"))).await?;
    let (_, errors) = refused(&params.text("note"), "password");
    Ok(InvitationPageData { name, no_cookies: cookies_allowed().is_err(), errors })
}
