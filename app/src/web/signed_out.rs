//! Pages for people who are not signed in: their data, and what they remember of a form that was refused.

use serde::{Deserialize, Serialize};

use crate::domain::field_error::FieldError;

#[cfg(feature = "ssr")]
mod server;

#[cfg(feature = "ssr")]
pub(crate) use server::{cookies_allowed, invitation, keep, page};

/// The sign-in page and the set-up page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SignedOutPage {
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct InvitationPage {
    /// Whose link it is.
    pub(crate) name: String,
    /// Whether session cookies cannot be had on this connection.
    pub(crate) no_cookies: bool,
    /// What was wrong with the password that was typed.
    pub(crate) errors: Vec<FieldError>,
}
