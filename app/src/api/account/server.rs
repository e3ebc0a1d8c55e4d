//! What the server functions about one's own account do.

use super::{AccountPage, PasswordForm};
use crate::{
    api::{access, context, cookie, ending::Ending, late, leave, note::Note},
    domain::field_error::FieldError,
};

const PAGE: &str = access::OWN_PAGE;

pub(super) async fn page(form: &str, note: &str) -> Result<AccountPage, Ending> {
    let who = context::actor()?;
    let sessions = context::people()?.own_sessions(&who, cookie::sent().as_ref()).await?;
    let errors = leave::kept::<Vec<FieldError>>(&who, form).await.unwrap_or_default();
    let note = leave::kept(&who, note).await;
    Ok(AccountPage { name: who.name, role: who.role, sessions, errors, note, now: context::now() })
}

pub(super) async fn change_password(form: PasswordForm) -> Result<(), Ending> {
    let who = context::actor()?;
    let (old, new) = (form.old.into_secret(), form.new.into_secret());
    let done = context::people()?.change_password(&who, cookie::sent().as_ref(), &old, &new).await;
    match done {
        Ok(()) => {
            let words = "Your password is changed. Everywhere else you are signed out.";
            leave::with_note(&who, PAGE, &Note::Said(words.to_owned())).await?;
        }
        Err(refusal) if refusal.errors().is_empty() => {
            late::tell(&refusal);
            leave::with_note(&who, PAGE, &Note::Refused(refusal)).await?;
        }
        Err(refusal) => {
            let kept = context::flash()?.put_notice(&who.name, &refusal.errors()).await;
            leave::to(&leave::with_query(PAGE, &[("form", &kept)]))?;
        }
    }
    Ok(())
}

pub(super) async fn end_session(id: &str) -> Result<(), Ending> {
    let who = context::actor()?;
    let note = match context::people()?.end_session(&who, id).await {
        Ok(()) => Note::Said("That session is over.".to_owned()),
        Err(refusal) => Note::Refused(refusal),
    };
    Ok(leave::with_note(&who, PAGE, &note).await?)
}

pub(super) async fn sign_out_everywhere() -> Result<(), Ending> {
    let who = context::actor()?;
    context::people()?.end_sessions(&who).await?;
    cookie::clear()?;
    Ok(leave::to("/sign-in")?)
}
