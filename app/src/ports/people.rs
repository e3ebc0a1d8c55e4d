//! People who may sign in, their own accounts, and invitations.

use std::net::IpAddr;

use async_trait::async_trait;

use super::{Actor, NewSession, Role};
#[cfg(doc)]
use crate::refusal::Refusal;
use crate::{
    domain::{
        person::{Person, SessionView},
        secret::Secret,
        timestamp::Timestamp,
    },
    refusal::Reply,
};

/// The token of a link by which somebody sets their own password, once.
#[derive(Debug)]
pub struct Invitation {
    /// The user name that it is for.
    pub name: String,
    /// Shown only once.
    pub token: Secret,
    /// The moment when it stops working.
    pub expires_at: Timestamp,
}

/// Management of people, for admins. Each change ends the person's sessions, and none takes the last admin who can sign
/// in ([`Refusal::Forbidden`]).
#[async_trait]
pub trait People: OwnAccount + Invitations {
    /// All people, ordered by name.
    async fn people(&self, who: &Actor) -> Reply<Vec<Person>>;
    /// Adds a person, who sets their own password by the link.
    async fn add_person(&self, who: &Actor, name: &str, role: Role) -> Reply<Invitation>;
    /// Gives a person another role.
    async fn change_role(&self, who: &Actor, name: &str, role: Role) -> Reply<()>;
    /// Removes a person's password; they set another one by the link.
    async fn reset_person(&self, who: &Actor, name: &str) -> Reply<Invitation>;
    /// Removes a person with their sessions and drafts.
    async fn remove_person(&self, who: &Actor, name: &str) -> Reply<()>;
}

/// The actor's own password and sessions.
#[async_trait]
pub trait OwnAccount: Send + Sync {
    /// The actor's sessions, the last used first. `current` is the token of the session that makes the request.
    async fn own_sessions(&self, who: &Actor, current: Option<&Secret>) -> Reply<Vec<SessionView>>;
    /// Changes the password and ends all sessions except the current one.
    async fn change_password(
        &self,
        who: &Actor,
        current: Option<&Secret>,
        old: &Secret,
        new: &Secret,
    ) -> Reply<()>;
    /// Ends one session.
    async fn end_session(&self, who: &Actor, id: &str) -> Reply<()>;
    /// Ends all sessions.
    async fn end_sessions(&self, who: &Actor) -> Reply<()>;
}

/// Links by which people set their own password, before they are signed in. [`Refusal::Gone`] if a link was used,
/// replaced or is too old.
#[async_trait]
pub trait Invitations: Send + Sync {
    /// The user name that a link is for; the link stays valid.
    async fn invited(&self, token: &Secret) -> Reply<String>;
    /// Sets the password by a link, which is used up, and signs in.
    async fn accept(&self, token: &Secret, password: &Secret, ip: Option<IpAddr>) -> Reply<NewSession>;
}
