//! What the server functions about people do.

use serde::{Deserialize, Serialize};

use super::{MadeLink, PeoplePage, PeopleQuery, PersonForm};
use crate::{
    domain::field_error::FieldError,
    ports::{Invitation, Role},
    refusal::Refusal,
    web::{action_error::ActionError, context, notice::FlashNotice, redirect},
};

const PAGE: &str = "/settings/people";

/// A form that was refused waits in memory like a result.
#[derive(Serialize, Deserialize)]
struct Kept {
    form: PersonForm,
    errors: Vec<FieldError>,
}

pub(super) async fn page(look: PeopleQuery) -> Result<PeoplePage, ActionError> {
    let (who, flash) = (context::actor()?, context::flash()?);
    let people = context::people()?.people(&who).await?;
    // Taken, not looked at: a refresh does not show it again.
    let link: Option<MadeLink> = flash.take(&who.name, &look.link).await;
    let shown_before = link.is_none() && !look.link.is_empty();
    let kept: Option<Kept> = flash.peek(&who.name, &look.form).await;
    let note = redirect::kept(&who, &look.note).await;
    let fresh = PersonForm { role: Role::Editor.as_str().to_owned(), ..PersonForm::default() };
    let (form, errors) = kept.map_or((fresh, Vec::new()), |it| (it.form, it.errors));
    Ok(PeoplePage { people, me: who.name, link, shown_before, form, errors, note, now: context::now() })
}

pub(super) async fn add(form: PersonForm) -> Result<(), ActionError> {
    let who = context::actor()?;
    let added = match role(&form) {
        Ok(role) => context::people()?.add_person(&who, &form.name, role).await,
        Err(refusal) => Err(refusal),
    };
    match added {
        Ok(invitation) => show(&invitation).await?,
        Err(refusal) if refusal.errors().is_empty() => {
            redirect::with_notice(&who, PAGE, &FlashNotice::Refused(refusal)).await?
        }
        Err(refusal) => {
            let kept =
                context::flash()?.put_notice(&who.name, &Kept { form, errors: refusal.errors() }).await;
            redirect::to(&redirect::with_query(PAGE, &[("form", &kept)]))?;
        }
    }
    Ok(())
}

pub(super) async fn change_role(form: &PersonForm) -> Result<(), ActionError> {
    let who = context::actor()?;
    let role = role(form)?;
    let words = format!("“{}” is {} now and has to sign in again.", form.name, role.words());
    let done = context::people()?.change_role(&who, &form.name, role).await;
    end(done, words).await
}

pub(super) async fn reset(name: &str) -> Result<(), ActionError> {
    let who = context::actor()?;
    match context::people()?.reset_person(&who, name).await {
        Ok(invitation) => show(&invitation).await,
        Err(refusal) => Ok(redirect::with_notice(&who, PAGE, &FlashNotice::Refused(refusal)).await?),
    }
}

pub(super) async fn remove(name: &str) -> Result<(), ActionError> {
    let who = context::actor()?;
    let done = context::people()?.remove_person(&who, name).await;
    end(done, format!("Removed “{name}” and ended their sessions.")).await
}

/// Says what was done, or why not.
async fn end(done: Result<(), Refusal>, words: String) -> Result<(), ActionError> {
    let who = context::actor()?;
    let note = done.map_or_else(FlashNotice::Refused, |()| FlashNotice::Said(words));
    Ok(redirect::with_notice(&who, PAGE, &note).await?)
}

/// Sends the browser to the page that shows a link, once.
async fn show(invitation: &Invitation) -> Result<(), ActionError> {
    let who = context::actor()?;
    let base = context::control()?.site().base_url;
    let link = MadeLink {
        name: invitation.name.clone(),
        address: redirect::with_query(&format!("{base}/invitation"), &[("token", invitation.token.reveal())]),
    };
    let link = context::flash()?.put(&who.name, &link).await?;
    Ok(redirect::to(&redirect::with_query(PAGE, &[("link", &link)]))?)
}

fn role(form: &PersonForm) -> Result<Role, Refusal> {
    let words = "Choose one of the roles.";
    Role::parse(&form.role).ok_or_else(|| Refusal::Invalid(vec![FieldError::new("role", "invalid", words)]))
}
