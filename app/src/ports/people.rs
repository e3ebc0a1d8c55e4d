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

/// A link for setting one's own password, once.
#[derive(Debug)]
pub struct Invitation {
    /// User name of the invited user.
    pub name: String,
    /// Shown only once.
    pub token: Secret,
    /// Expiry.
    pub expires_at: Timestamp,
}

/// User management, for admins. Each change ends the user's sessions. A change that would leave no admin who can
/// sign in is [`Refusal::Forbidden`].
#[async_trait]
pub trait People: OwnAccount + Invitations {
    /// All users, ordered by name.
    async fn people(&self, who: &Actor) -> Reply<Vec<Person>>;
    /// Adds a user, who sets their own password with the link.
    async fn add_person(&self, who: &Actor, name: &str, role: Role) -> Reply<Invitation>;
    /// Changes the role of a user.
    async fn change_role(&self, who: &Actor, name: &str, role: Role) -> Reply<()>;
    /// Removes the password of a user, who sets a new one with the link.
    async fn reset_person(&self, who: &Actor, name: &str) -> Reply<Invitation>;
    /// Removes a user with their sessions and drafts.
    async fn remove_person(&self, who: &Actor, name: &str) -> Reply<()>;
}

/// The actor's own password and sessions.
#[async_trait]
pub trait OwnAccount: Send + Sync {
    /// The actor's sessions, last used first. `current` is the token of the session that makes the request.
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

/// Links for setting one's own password before signing in. [`Refusal::Gone`] if a link was used, replaced or has
/// expired.
#[async_trait]
pub trait Invitations: Send + Sync {
    /// The user name of a link. Reading it does not use up the link.
    async fn invited(&self, token: &Secret) -> Reply<String>;
    /// Sets the password with a link, which is used up, and signs in.
    async fn accept(&self, token: &Secret, password: &Secret, ip: Option<IpAddr>) -> Reply<NewSession>;
}
