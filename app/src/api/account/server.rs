//! What the server functions about one's own account do.

use super::{AccountPage, PasswordForm};
use crate::{
    domain::field_error::FieldError,
    web::{access, action_error::ActionError, context, cookies, notice::FlashNotice, redirect, retry_after},
};

const PAGE: &str = access::OWN_PAGE;

pub(super) async fn page(form: &str, note: &str) -> Result<AccountPage, ActionError> {
    let who = context::actor()?;
    let sessions = context::people()?.own_sessions(&who, cookies::sent().as_ref()).await?;
    let errors = redirect::kept::<Vec<FieldError>>(&who, form).await.unwrap_or_default();
    let note = redirect::kept(&who, note).await;
    Ok(AccountPage { name: who.name, role: who.role, sessions, errors, note, now: context::now() })
}

pub(super) async fn change_password(form: PasswordForm) -> Result<(), ActionError> {
    let who = context::actor()?;
    let (old, new) = (form.old.into_secret(), form.new.into_secret());
    let done = context::people()?.change_password(&who, cookies::sent().as_ref(), &old, &new).await;
    match done {
        Ok(()) => {
            let words = "Your password is changed. Everywhere else you are signed out.";
            redirect::with_notice(&who, PAGE, &FlashNotice::Said(words.to_owned())).await?;
        }
        Err(refusal) if refusal.errors().is_empty() => {
            retry_after::set_retry_after(&refusal);
            redirect::with_notice(&who, PAGE, &FlashNotice::Refused(refusal)).await?;
        }
        Err(refusal) => {
            let kept = context::flash()?.put_notice(&who.name, &refusal.errors()).await;
            redirect::to(&redirect::with_query(PAGE, &[("form", &kept)]))?;
        }
    }
    Ok(())
}

pub(super) async fn end_session(id: &str) -> Result<(), ActionError> {
    let who = context::actor()?;
    let note = match context::people()?.end_session(&who, id).await {
        Ok(()) => FlashNotice::Said("That session is over.".to_owned()),
        Err(refusal) => FlashNotice::Refused(refusal),
    };
    Ok(redirect::with_notice(&who, PAGE, &note).await?)
}

pub(super) async fn sign_out_everywhere() -> Result<(), ActionError> {
    let who = context::actor()?;
    context::people()?.end_sessions(&who).await?;
    cookies::clear()?;
    Ok(redirect::to("/sign-in")?)
}
