//! People, for admins: the list, adding, another role, a new link, removing.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::domain::{field_error::FieldError, person::Person, timestamp::Timestamp};
use crate::web::Answer;
use crate::web::notice::FlashNotice;

#[cfg(feature = "ssr")]
mod server;

/// The page of people.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct PeoplePage {
    /// Everybody, ordered by name.
    pub(crate) people: Vec<Person>,
    /// Who is looking.
    pub(crate) me: String,
    /// The link that was just made, this once.
    pub(crate) link: Option<MadeLink>,
    /// Whether the address names a link that was shown already.
    pub(crate) shown_before: bool,
    /// What was typed about somebody new.
    pub(crate) form: PersonForm,
    /// What is wrong with it.
    pub(crate) errors: Vec<FieldError>,
    /// What happened.
    pub(crate) note: Option<FlashNotice>,
    /// When the page was made.
    pub(crate) now: Timestamp,
}

/// A link that was just made. It has no `Debug`: whoever has it can sign in.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct MadeLink {
    /// Whose it is.
    pub(crate) name: String,
    /// The whole address.
    pub(crate) address: String,
}

/// What somebody typed about a person.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct PersonForm {
    pub(crate) name: String,
    pub(crate) role: String,
}

/// What the address of the page asks to see.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct PeopleQuery {
    /// The flash of a link that was just made.
    pub(crate) link: String,
    /// The flash of a form that was refused.
    pub(crate) form: String,
    /// What to say once.
    pub(crate) note: String,
}

/// Everybody; and, once, the link that was just made.
#[server(prefix = "/fn", endpoint = "read_people")]
pub(crate) async fn read_people(#[server(default)] look: PeopleQuery) -> Answer<PeoplePage> {
    crate::web::action_error::answer(server::page(look).await)
}

/// Adds somebody. Their link is kept in memory until the next page of the same admin fetches it, once.
#[server(prefix = "/fn", endpoint = "add_person")]
pub(crate) async fn add_person(form: PersonForm) -> Answer<()> {
    crate::web::action_error::answer(server::add(form).await)
}

/// Gives somebody another role.
#[server(prefix = "/fn", endpoint = "change_role")]
pub(crate) async fn change_role(form: PersonForm) -> Answer<()> {
    crate::web::action_error::answer(server::change_role(&form).await)
}

/// Takes somebody's password away and makes a new link for them.
#[server(prefix = "/fn", endpoint = "reset_person")]
pub(crate) async fn reset_person(form: PersonForm) -> Answer<()> {
    crate::web::action_error::answer(server::reset(&form.name).await)
}

/// Removes somebody.
#[server(prefix = "/fn", endpoint = "remove_person")]
pub(crate) async fn remove_person(form: PersonForm) -> Answer<()> {
    crate::web::action_error::answer(server::remove(&form.name).await)
}
