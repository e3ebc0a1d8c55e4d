//! Setting one's own password by a one-time link: for people who were added, or whose password was reset.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use super::typed_secret::TypedSecret;
use crate::web::Answer;
use crate::web::signed_out::InvitationPage;

#[cfg(feature = "ssr")]
use crate::web::{action_error::answer, context, cookies, redirect, signed_out};

/// What somebody typed to set their password.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct InvitationForm {
    /// The one-time token of the link.
    token: TypedSecret,
    password: TypedSecret,
}

/// The page of a link. Looking at it uses nothing up. `note` names what was wrong with a form that was sent before.
#[server(prefix = "/fn", endpoint = "read_invitation")]
pub(crate) async fn read_invitation(
    #[server(default)] token: String,
    #[server(default)] note: String,
) -> Answer<InvitationPage> {
    answer(signed_out::invitation(token, &note).await)
}

/// Sets the password, signs in and goes to the first page.
#[server(prefix = "/fn", endpoint = "accept_invitation")]
pub(crate) async fn accept_invitation(form: InvitationForm) -> Answer<()> {
    let (token, password) = (form.token.into_secret(), form.password.into_secret());
    let session = match signed_out::cookies_allowed() {
        Ok(()) => context::people()?.accept(&token, &password, context::caller()).await,
        Err(refusal) => Err(refusal),
    };
    match session {
        Ok(session) => {
            cookies::set(&session)?;
            redirect::to("/")?;
        }
        Err(refusal) => {
            let note = signed_out::keep("", refusal);
            // The link already holds the token; without it the form could not be sent again.
            redirect::to(&redirect::with_query(
                "/invitation",
                &[("token", token.reveal()), ("note", &note)],
            ))?;
        }
    }
    Ok(Ok(()))
}
