//! Data of the pages for people who are not signed in. Looking at one uses nothing up.

use crate::{
    domain::{field_error::FieldError, secret::Secret},
    web::{
        action_error::ActionError,
        context,
        page_params::PageParams,
        signed_out::{cookies_allowed, refused},
    },
};

/// The sign-in page and the set-up page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SignedOutPageData {
    /// Whether there is no admin yet.
    pub(crate) needs_setup: bool,
    /// Whether session cookies cannot be had on this connection.
    pub(crate) no_cookies: bool,
    /// The user name that was typed.
    pub(crate) name: String,
    /// What was wrong with what was typed.
    pub(crate) errors: Vec<FieldError>,
}

/// The page that a link opens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct InvitationPageData {
    /// Whose link it is.
    pub(crate) name: String,
    /// Whether session cookies cannot be had on this connection.
    pub(crate) no_cookies: bool,
    /// What was wrong with the password that was typed.
    pub(crate) errors: Vec<FieldError>,
}

/// What a page outside shows.
pub(crate) async fn page(params: PageParams) -> Result<SignedOutPageData, ActionError> {
    let needs_setup = context::sessions()?.needs_setup().await?;
    let no_cookies = cookies_allowed().is_err();
    let (name, errors) = refused(&params.text("note"), "name");
    Ok(SignedOutPageData { needs_setup, no_cookies, name, errors })
}

/// What the page of a one-time link shows.
pub(crate) async fn invitation(params: PageParams) -> Result<InvitationPageData, ActionError> {
    let name = context::people()?.invited(&Secret::new(params.text("token"))).await?;
    let (_, errors) = refused(&params.text("note"), "password");
    Ok(InvitationPageData { name, no_cookies: cookies_allowed().is_err(), errors })
}
