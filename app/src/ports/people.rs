//! People who may sign in, and what each may do about themselves.

use std::net::IpAddr;

use async_trait::async_trait;

use super::{Actor, NewSession, Role};
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
    /// Whose it is.
    pub name: String,
    /// Shown this once.
    pub token: Secret,
    /// When it stops working.
    pub expires_at: Timestamp,
}

/// Everything about people. The first five are for admins; the next four are about whoever asks; the last two are for
/// somebody who is not signed in yet.
#[async_trait]
pub trait People: Send + Sync {
    /// Everybody, ordered by name.
    async fn people(&self, who: &Actor) -> Reply<Vec<Person>>;
    /// Adds somebody, who sets their own password by the link.
    async fn add_person(&self, who: &Actor, name: &str, role: Role) -> Reply<Invitation>;
    /// Gives another role; ends the person's sessions. Never takes the last admin's.
    async fn change_role(&self, who: &Actor, name: &str, role: Role) -> Reply<()>;
    /// Takes a password away and ends the person's sessions; they set another one by the link.
    async fn reset_person(&self, who: &Actor, name: &str) -> Reply<Invitation>;
    /// Removes somebody with their sessions and drafts. Never the last admin.
    async fn remove_person(&self, who: &Actor, name: &str) -> Reply<()>;

    /// Where the one who asks is signed in, the last used first; `current` is the asking session's token.
    async fn own_sessions(&self, who: &Actor, current: Option<&Secret>) -> Reply<Vec<SessionView>>;
    /// Changes one's own password and ends one's sessions but the current one.
    async fn change_password(
        &self,
        who: &Actor,
        current: Option<&Secret>,
        old: &Secret,
        new: &Secret,
    ) -> Reply<()>;
    /// Ends one of one's sessions.
    async fn end_session(&self, who: &Actor, id: &str) -> Reply<()>;
    /// Ends all of one's sessions.
    async fn end_sessions(&self, who: &Actor) -> Reply<()>;

    /// Whom a link is for; uses nothing up.
    async fn invited(&self, token: &Secret) -> Reply<String>;
    /// Sets the password by the one-time link, and signs in.
    async fn accept(&self, token: &Secret, password: &Secret, ip: Option<IpAddr>) -> Reply<NewSession>;
}
