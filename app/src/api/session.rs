//! Signing in and out, the first admin, and what the frame of every page shows.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use super::typed_secret::TypedSecret;
use crate::web::Answer;
use crate::web::signed_out::SignedOutPage;

#[cfg(feature = "ssr")]
use crate::{
    refusal::Refusal,
    web::{action_error::answer, context, cookies, redirect, signed_out},
};

/// What the frame of every page shows of the one who is signed in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Frame {
    /// Their user name.
    pub(crate) name: String,
    /// Whether any instance is a demo one.
    pub(crate) demo: bool,
}

/// What somebody typed to sign in.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct SignInForm {
    name: String,
    password: TypedSecret,
    /// Where they wanted to go.
    next: String,
}

/// What somebody typed to become the first admin.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct SetUpForm {
    /// The one-time token of the set-up link.
    token: TypedSecret,
    name: String,
    password: TypedSecret,
}

/// The frame's content; `None` where nobody is signed in.
#[server(prefix = "/fn", endpoint = "read_frame")]
pub(crate) async fn read_frame() -> Answer<Option<Frame>> {
    let Ok(who) = context::actor() else { return Ok(Ok(None)) };
    let demo = context::control()?.configuration().instances.iter().any(|it| it.spec.demo);
    Ok(Ok(Some(Frame { name: who.name, demo })))
}

/// The sign-in page. `note` names what was wrong with a form that was sent before.
#[server(prefix = "/fn", endpoint = "read_sign_in")]
pub(crate) async fn read_sign_in(#[server(default)] note: String) -> Answer<SignedOutPage> {
    answer(signed_out::page(&note).await)
}

/// The set-up page. Looking at it uses nothing up.
#[server(prefix = "/fn", endpoint = "read_set_up")]
pub(crate) async fn read_set_up(#[server(default)] note: String) -> Answer<SignedOutPage> {
    answer(signed_out::page(&note).await)
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
            let note = signed_out::keep(&form.name, refusal);
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
            let note = signed_out::keep(&form.name, refusal);
            // The link already holds the token; without it the form could not be sent again.
            redirect::to(&redirect::with_query("/setup", &[("token", token.reveal()), ("note", &note)]))?;
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
