//! Actions on the people who may sign in: adding and removing them, their roles and links.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{
    domain::{field_error::FieldError, role::Role},
    ports::Invitation,
    refusal::Refusal,
    web::{
        Answer,
        action_error::{ActionError, answer},
        context,
        flash::notice::FlashNotice,
        form::refused::back_with_form,
        redirect,
    },
};

const PAGE: &str = "/settings/people";

/// An invitation link that was just created. It has no `Debug`: it lets anyone sign in.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct MadeLink {
    /// Whose it is.
    pub(crate) name: String,
    /// The whole address.
    pub(crate) address: String,
}

/// Form of a person.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct PersonForm {
    pub(crate) name: String,
    pub(crate) role: String,
}

/// Adds a person. The invitation link is a flash message that the next page of the same admin takes, once.
#[server(prefix = "/fn", endpoint = "add_person")]
pub(crate) async fn add_person(form: PersonForm) -> Answer<()> {
    answer(
        async {
            let who = context::actor()?;
            let added = match role(&form) {
                Ok(role) => context::people()?.add_person(&who, &form.name, role).await,
                Err(refusal) => Err(refusal),
            };
            match added {
                Ok(invitation) => show(&invitation).await?,
                Err(refusal) => back_with_form(&who, PAGE, form, refusal).await?,
            }
            Ok(())
        }
        .await,
    )
}

/// Changes a person's role.
#[server(prefix = "/fn", endpoint = "change_role")]
pub(crate) async fn change_role(form: PersonForm) -> Answer<()> {
    answer(
        async {
            let form = &form;
            let who = context::actor()?;
            let role = role(form)?;
            let words = format!("“{}” is {} now and has to sign in again.", form.name, role.words());
            let done = context::people()?.change_role(&who, &form.name, role).await;
            end(done, words).await
        }
        .await,
    )
}

/// Removes a person's password and creates a new invitation link.
#[server(prefix = "/fn", endpoint = "reset_person")]
pub(crate) async fn reset_person(form: PersonForm) -> Answer<()> {
    answer(
        async {
            let name = &form.name;
            let who = context::actor()?;
            match context::people()?.reset_person(&who, name).await {
                Ok(invitation) => show(&invitation).await,
                Err(refusal) => Ok(redirect::with_notice(&who, PAGE, &FlashNotice::Refused(refusal)).await?),
            }
        }
        .await,
    )
}

/// Removes a person.
#[server(prefix = "/fn", endpoint = "remove_person")]
pub(crate) async fn remove_person(form: PersonForm) -> Answer<()> {
    answer(
        async {
            let name = &form.name;
            let who = context::actor()?;
            let done = context::people()?.remove_person(&who, name).await;
            end(done, format!("Removed “{name}” and ended their sessions.")).await
        }
        .await,
    )
}

/// Redirects to the page with a notice of the outcome.
async fn end(done: Result<(), Refusal>, words: String) -> Result<(), ActionError> {
    let who = context::actor()?;
    let note = done.map_or_else(FlashNotice::Refused, |()| FlashNotice::Message(words));
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
