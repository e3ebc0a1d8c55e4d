//! The first admin, signing in and out. Session ids and the set-up token are random and stored as hashes.

use std::net::IpAddr;

use app::{
    api::{
        ports::{Actor, NewSession, Role, Sessions},
        refusal::{Refusal, Reply},
    },
    domain::{fault::Fault, limits, secret::Secret, timestamp::Timestamp},
};
use async_trait::async_trait;
use serde_json::json;

use super::{Operations, passwords, tokens, trace::Action};
use crate::{
    clock,
    store::{AuditRow, Session, StoreError, User},
};

/// A session nobody used for this long is over: 12 hours, in milliseconds.
const IDLE_MS: i64 = 12 * 60 * 60 * 1000;
/// No session lives longer than this: 7 days, in milliseconds.
const ABSOLUTE_MS: i64 = 7 * 24 * 60 * 60 * 1000;
/// How often a session's last use is written down, in milliseconds; not every page view is a write.
const TOUCH_MS: i64 = 60 * 1000;
/// How long a set-up link can be used: 30 minutes, in milliseconds.
const SETUP_MS: u64 = 30 * 60 * 1000;

impl Operations {
    /// A new set-up token; an older one stops working. Only for a server without an admin.
    pub async fn fresh_setup_token(&self) -> Reply<Secret> {
        let token = tokens::fresh().map_err(|_| Refusal::StoreUnavailable)?;
        let expires_at = clock::now().plus_ms(SETUP_MS);
        let mut write = self.store.write().await?;
        write.set_setup_token(&tokens::sha256(&token), expires_at).await?;
        write.commit().await?;
        Ok(token)
    }

    /// Makes the first admin from the environment; does nothing where there is one.
    pub async fn first_admin(&self, name: &str, password: &Secret) -> Reply<()> {
        if self.store.has_admin().await? {
            return Ok(());
        }
        judge_credentials(name, password)?;
        self.add_first_admin(name, password, None, None).await
    }

    /// Adds the first admin. With a set-up token, only where it is good, and it is used up.
    async fn add_first_admin(
        &self,
        name: &str,
        password: &Secret,
        setup: Option<&Secret>,
        ip: Option<IpAddr>,
    ) -> Reply<()> {
        let gone = || {
            let words =
                "This set-up link is not valid any more. Start the server again for a new one, or sign in.";
            Refusal::Gone(words.to_owned())
        };
        let now = clock::now();
        if let Some(token) = setup
            && !self.store.has_setup_token(&tokens::sha256(token), now).await?
        {
            // Told before the password is hashed, so that strangers cannot make this server work.
            return Err(gone());
        }
        let user = User {
            name: name.trim().to_owned(),
            role: Role::Admin,
            password_hash: passwords::hash(password).await?,
            created_at: now,
        };
        let mut write = self.store.write().await?;
        if write.has_admin().await? {
            return Err(gone());
        }
        match setup {
            Some(token) if !write.take_setup_token(&tokens::sha256(token), now).await? => return Err(gone()),
            _ => write.delete_setup_token().await?,
        }
        write.insert_user(&user).await?;
        let row = AuditRow {
            at: now,
            by: setup.map_or("system", |_| &user.name).to_owned(),
            ip,
            action: Action::Create.as_str().to_owned(),
            kind: "user".to_owned(),
            id: user.name,
            revision: None,
            diff: json!([{ "path": "role", "from": null, "to": user.role.as_str() }]),
        };
        write.put_audit(&row).await?;
        Ok(write.commit().await?)
    }

    async fn end(&self, token: &Secret) -> Reply<()> {
        let mut write = self.store.write().await?;
        match write.delete_session(&tokens::sha256(token)).await {
            Ok(()) | Err(StoreError::NotFound) => Ok(write.commit().await?),
            Err(error) => Err(error.into()),
        }
    }

    async fn begin(&self, user: &str, ip: Option<IpAddr>) -> Reply<NewSession> {
        let token = tokens::fresh().map_err(|_| Refusal::StoreUnavailable)?;
        let now = clock::now();
        let mut write = self.store.write().await?;
        write.delete_old_sessions(earlier(now, IDLE_MS), earlier(now, ABSOLUTE_MS)).await?;
        let session =
            Session { user: user.to_owned(), role: Role::Viewer, created_at: now, last_seen_at: now, ip };
        write.insert_session(&tokens::sha256(&token), &session).await?;
        write.commit().await?;
        Ok(NewSession { token, max_age_s: ABSOLUTE_MS.unsigned_abs() / 1000 })
    }
}

#[async_trait]
impl Sessions for Operations {
    async fn needs_setup(&self) -> Reply<bool> {
        Ok(!self.store.has_admin().await?)
    }

    async fn set_up(
        &self,
        token: &Secret,
        name: &str,
        password: &Secret,
        ip: Option<IpAddr>,
    ) -> Reply<NewSession> {
        judge_credentials(name, password)?;
        self.add_first_admin(name, password, Some(token), ip).await?;
        self.begin(name.trim(), ip).await
    }

    async fn sign_in(&self, name: &str, password: &Secret, ip: Option<IpAddr>) -> Reply<NewSession> {
        let user = self.store.user(name.trim()).await?;
        let bounded = password.reveal().chars().count() <= limits::PASSWORD_MAX_CHARS;
        let stored = user.as_ref().filter(|_| bounded).map(|it| it.password_hash.clone());
        match (user, passwords::verify(password, stored).await?) {
            (Some(user), true) => self.begin(&user.name, ip).await,
            _ => {
                let words = "The user name or the password is wrong.";
                Err(Refusal::Invalid(vec![Fault::new("password", "wrong_credentials", words)]))
            }
        }
    }

    async fn sign_out(&self, token: &Secret) -> Reply<()> {
        self.end(token).await
    }

    async fn actor(&self, token: &Secret, ip: Option<IpAddr>) -> Reply<Actor> {
        let id = tokens::sha256(token);
        let now = clock::now();
        let session = self.store.session(&id).await?.ok_or(Refusal::Unauthenticated)?;
        let idle = now.0.saturating_sub(session.last_seen_at.0);
        let age = now.0.saturating_sub(session.created_at.0);
        if idle > IDLE_MS || age > ABSOLUTE_MS {
            self.end(token).await?;
            return Err(Refusal::Unauthenticated);
        }
        if idle > TOUCH_MS {
            let mut write = self.store.write().await?;
            match write.touch_session(&id, now, ip).await {
                // Signed out in the meantime: this request was still in time.
                Ok(()) | Err(StoreError::NotFound) => write.commit().await?,
                Err(error) => return Err(error.into()),
            }
        }
        Ok(Actor { name: session.user, role: session.role, ip })
    }
}

fn earlier(now: Timestamp, ms: i64) -> Timestamp {
    Timestamp(now.0.saturating_sub(ms))
}

fn judge_credentials(name: &str, password: &Secret) -> Reply<()> {
    let mut faults = Vec::new();
    let name = name.trim();
    let chars = name.chars().count();
    if chars == 0 || chars > limits::NAME_CHARS || name.chars().any(char::is_control) {
        let words = format!("Use a user name of 1 to {} characters.", limits::NAME_CHARS);
        faults.push(Fault::new("name", "invalid", words));
    }
    let (min, max) = (limits::PASSWORD_MIN_CHARS, limits::PASSWORD_MAX_CHARS);
    if !(min..=max).contains(&password.reveal().chars().count()) {
        let words = format!("Use a password of {min} to {max} characters.");
        faults.push(Fault::new("password", "invalid", words));
    }
    if faults.is_empty() { Ok(()) } else { Err(Refusal::Invalid(faults)) }
}
