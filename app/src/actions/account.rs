//! Actions on one's own account: the password, and where one is signed in.

use crate::domain::secret::TypedSecret;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::web::{
    Answer, access, action_error::answer, context, cookies, flash::notice::FlashNotice,
    form::refused::back_with_form, redirect,
};

const PAGE: &str = access::OWN_PAGE;

/// Form that changes the password.
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

/// Changes one's own password.
#[server(prefix = "/fn", endpoint = "change_password")]
pub(crate) async fn change_password(form: PasswordForm) -> Answer<()> {
    answer(
        async {
            let who = context::actor()?;
            let (old, new) = (form.old.into_secret(), form.new.into_secret());
            let done = context::people()?.change_password(&who, cookies::sent().as_ref(), &old, &new).await;
            match done {
                Ok(()) => {
                    let words = "Your password is changed. Everywhere else you are signed out.";
                    redirect::with_notice(&who, PAGE, &FlashNotice::Message(words.to_owned())).await?;
                }
                // Passwords are not kept.
                Err(refusal) => back_with_form(&who, PAGE, (), refusal).await?,
            }
            Ok(())
        }
        .await,
    )
}

/// Ends one of one's sessions.
#[server(prefix = "/fn", endpoint = "end_session")]
pub(crate) async fn end_session(form: SessionForm) -> Answer<()> {
    answer(
        async {
            let id = &form.id;
            let who = context::actor()?;
            let note = match context::people()?.end_session(&who, id).await {
                Ok(()) => FlashNotice::Message("That session is over.".to_owned()),
                Err(refusal) => FlashNotice::Refused(refusal),
            };
            Ok(redirect::with_notice(&who, PAGE, &note).await?)
        }
        .await,
    )
}

/// Ends all of one's sessions, this one included.
#[server(prefix = "/fn", endpoint = "sign_out_everywhere")]
pub(crate) async fn sign_out_everywhere() -> Answer<()> {
    answer(
        async {
            let who = context::actor()?;
            context::people()?.end_sessions(&who).await?;
            cookies::clear()?;
            Ok(redirect::to("/sign-in")?)
        }
        .await,
    )
}
