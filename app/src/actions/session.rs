//! Actions that begin and end a session: signing in and out, the first admin, and the password of an invitation.

use crate::domain::secret::TypedSecret;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{
    refusal::Refusal,
    web::{Answer, context, cookies, redirect, signed_out},
};

/// Form that signs in.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct SignInForm {
    name: String,
    password: TypedSecret,
    /// Where they wanted to go.
    next: String,
}

/// Form that creates the first admin.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct SetUpForm {
    /// The one-time token of the set-up link.
    token: TypedSecret,
    name: String,
    password: TypedSecret,
}

/// Form that sets the password of an invitation.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct InvitationForm {
    /// The one-time token of the link.
    token: TypedSecret,
    password: TypedSecret,
}

/// Signs in and goes to where the visitor wanted to go.
#[server(prefix = "/fn", endpoint = "sign_in")]
pub(crate) async fn sign_in(form: SignInForm) -> Answer<()> {
    let next = if redirect::is_here(&form.next) { form.next.as_str() } else { "/" };
    let session = match signed_out::cookies_allowed() {
        Ok(()) => {
            let password = form.password.into_secret();
            context::sessions()?.sign_in(&form.name, &password, context::caller()).await
        }
        Err(refusal) => Err(refusal),
    };
    match session {
        Ok(session) => {
            cookies::set(&session)?;
            redirect::to(next)?;
        }
        Err(refusal) => {
            let note = signed_out::seal_refused(&form.name, refusal);
            redirect::to(&redirect::with_query("/sign-in", &[("next", next), ("note", &note)]))?;
        }
    }
    Ok(Ok(()))
}

/// Makes the first admin and signs them in.
#[server(prefix = "/fn", endpoint = "set_up")]
pub(crate) async fn set_up(form: SetUpForm) -> Answer<()> {
    let (token, password) = (form.token.into_secret(), form.password.into_secret());
    let session = match signed_out::cookies_allowed() {
        Ok(()) => context::sessions()?.set_up(&token, &form.name, &password, context::caller()).await,
        Err(refusal) => Err(refusal),
    };
    match session {
        Ok(session) => {
            cookies::set(&session)?;
            redirect::to("/")?;
        }
        Err(refusal) => {
            let note = signed_out::seal_refused(&form.name, refusal);
            // The link already holds the token; without it the form could not be sent again.
            redirect::to(&redirect::with_query("/setup", &[("token", token.reveal()), ("note", &note)]))?;
        }
    }
    Ok(Ok(()))
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
            let note = signed_out::seal_refused("", refusal);
            // The link already holds the token; without it the form could not be sent again.
            redirect::to(&redirect::with_query(
                "/invitation",
                &[("token", token.reveal()), ("note", &note)],
            ))?;
        }
    }
    Ok(Ok(()))
}

/// Ends the session and goes to the sign-in page.
#[server(prefix = "/fn", endpoint = "sign_out")]
pub(crate) async fn sign_out() -> Answer<()> {
    if let Some(token) = cookies::sent()
        && let Err(refusal) = context::sessions()?.sign_out(&token).await
        && refusal != Refusal::Unauthenticated
    {
        return Ok(Err(refusal));
    }
    cookies::clear()?;
    redirect::to("/sign-in")?;
    Ok(Ok(()))
}
