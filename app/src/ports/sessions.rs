//! Signing in and out.

use std::net::IpAddr;

use async_trait::async_trait;

use super::Actor;
use crate::{domain::secret::Secret, refusal::Reply};

/// A session cookie's value and how long it lives.
#[derive(Debug)]
pub struct NewSession {
    /// Value of the session cookie; never shown.
    pub token: Secret,
    /// Absolute lifetime, in seconds.
    pub max_age_s: u64,
}

/// Sign-in and sign-out. The caller sets the cookies.
#[async_trait]
pub trait Sessions: Send + Sync {
    /// Whether there is no admin yet.
    async fn needs_setup(&self) -> Reply<bool>;
    /// Creates the first admin with the one-time token and signs them in.
    async fn set_up(
        &self,
        token: &Secret,
        name: &str,
        password: &Secret,
        ip: Option<IpAddr>,
    ) -> Reply<NewSession>;
    /// Signs in. The refusal does not reveal whether the name or the password was wrong.
    async fn sign_in(&self, name: &str, password: &Secret, ip: Option<IpAddr>) -> Reply<NewSession>;
    /// Ends the session.
    async fn sign_out(&self, token: &Secret) -> Reply<()>;
    /// The user of a session; [`Refusal::Unauthenticated`] if it does not exist or has ended.
    async fn actor(&self, token: &Secret, ip: Option<IpAddr>) -> Reply<Actor>;
}
