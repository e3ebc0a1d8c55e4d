//! Setup of the first admin, signing in, and signing out. Session ids and set-up tokens are random and stored as
//! hashes.

use std::{net::IpAddr, time::Instant};

use app::{
    domain::{field_error::FieldError, limits, secret::Secret, timestamp::Timestamp},
    ports::{Actor, NewSession, Role, Sessions},
    refusal::{Refusal, Reply},
};
use async_trait::async_trait;
use serde_json::json;

use super::{
    passwords,
    people::{check_password, check_user_name},
    tokens,
};
use crate::operations::{Operations, config::audit_trail::Action};
use crate::{
    clock,
    store::{AuditRow, Session, Store, StoreError, User},
};

/// Idle timeout of sessions: 12 hours, in milliseconds.
const IDLE_MS: i64 = 12 * 60 * 60 * 1000;
/// Maximum lifetime of sessions: 7 days, in milliseconds.
const ABSOLUTE_MS: i64 = 7 * 24 * 60 * 60 * 1000;
/// Interval at which a session's last use is saved, in milliseconds; not every page view is a write.
const TOUCH_MS: i64 = 60 * 1000;
/// Lifetime of a set-up link: 30 minutes, in milliseconds.
const SETUP_MS: u64 = 30 * 60 * 1000;

impl Operations {
    /// Adds a set-up token for this start, which replaces `former`, the token of this replica's last start. Tokens of
    /// other replicas stay valid until one of them creates the first admin. `None` if there is an admin.
    ///
    /// # Errors
    /// If the store cannot write.
    pub async fn add_setup_token(&self, former: Option<&Secret>) -> Reply<Option<Secret>> {
        let token = tokens::generate().map_err(|_| Refusal::StoreUnavailable)?;
        let now = clock::now();
        let mut write = self.store.write().await?;
        if write.has_admin().await? {
            return Ok(None);
        }
        let former = former.map(tokens::sha256);
        let expires_at = now.plus_ms(SETUP_MS);
        write.add_setup_token(&tokens::sha256(&token), former.as_ref(), now, expires_at).await?;
        write.commit().await?;
        Ok(Some(token))
    }

    /// Creates the first admin from the environment. Does nothing if there is an admin, even if another replica has
    /// just created one.
    ///
    /// # Errors
    /// [`Refusal::Invalid`] if the name or password is invalid, or if the store cannot write.
    pub async fn ensure_first_admin(&self, name: &str, password: &Secret) -> Reply<()> {
        if self.store.has_admin().await? {
            return Ok(());
        }
        check_credentials(name, password)?;
        self.add_first_admin(name, password, None, None).await.map(drop)
    }

    /// Creates the first admin and returns the hash of their password; `None` if there is an admin, or if the set-up
    /// token is not valid. A token is used up.
    async fn add_first_admin(
        &self,
        name: &str,
        password: &Secret,
        setup: Option<&Secret>,
        ip: Option<IpAddr>,
    ) -> Reply<Option<Secret>> {
        let now = clock::now();
        if let Some(token) = setup
            && !self.store.has_setup_token(&tokens::sha256(token), now).await?
        {
            // Checked before the password is hashed, so strangers cannot make this server work.
            return Ok(None);
        }
        let hash = passwords::hash(password).await?;
        let user = User {
            name: name.trim().to_owned(),
            role: Role::Admin,
            password_hash: Some(hash.clone()),
            created_at: now,
        };
        let mut write = self.store.write().await?;
        if write.has_admin().await? {
            return Ok(None);
        }
        match setup {
            Some(token) if !write.take_setup_token(&tokens::sha256(token), now).await? => return Ok(None),
            // Tokens of other replicas are deleted too.
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
        write.commit().await?;
        Ok(Some(hash))
    }

    async fn delete_session(&self, token: &Secret) -> Reply<()> {
        let mut write = self.store.write().await?;
        match write.delete_session(&tokens::sha256(token)).await {
            Ok(()) | Err(StoreError::NotFound) => Ok(write.commit().await?),
            Err(error) => Err(error.into()),
        }
    }

    /// Starts a session for a user whose password was just verified against `hash`, or set to it. Refused if the
    /// password was changed or removed in the meantime.
    pub(super) async fn start_session(
        &self,
        user: &str,
        hash: &Secret,
        ip: Option<IpAddr>,
    ) -> Reply<NewSession> {
        let token = tokens::generate().map_err(|_| Refusal::StoreUnavailable)?;
        let now = clock::now();
        let mut write = self.store.write().await?;
        match write.user(user).await {
            Ok(it) if it.password_hash.as_ref() == Some(hash) => {}
            Ok(_) | Err(StoreError::NotFound) => return Err(wrong_credentials()),
            Err(error) => return Err(error.into()),
        }
        write.delete_old_sessions(before(now, IDLE_MS), before(now, ABSOLUTE_MS)).await?;
        let session =
            Session { user: user.to_owned(), role: Role::Viewer, created_at: now, last_seen_at: now, ip };
        write.insert_session(&tokens::sha256(&token), &session).await?;
        write.commit().await?;
        Ok(NewSession { token, max_age_s: ABSOLUTE_MS.unsigned_abs() / 1000 })
    }
}

/// Creates a set-up token; all earlier ones stop working. `None` if there is an admin.
///
/// # Errors
/// If the store cannot write.
pub async fn new_setup_token(store: &Store) -> Reply<Option<Secret>> {
    let token = tokens::generate().map_err(|_| Refusal::StoreUnavailable)?;
    let expires_at = clock::now().plus_ms(SETUP_MS);
    let mut write = store.write().await?;
    if write.has_admin().await? {
        return Ok(None);
    }
    write.set_setup_token(&tokens::sha256(&token), expires_at).await?;
    write.commit().await?;
    Ok(Some(token))
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
        check_credentials(name, password)?;
        let Some(hash) = self.add_first_admin(name, password, Some(token), ip).await? else {
            let words = "This set-up link is no longer valid. Restart the server for a new one, or sign in.";
            return Err(Refusal::Gone(words.to_owned()));
        };
        self.start_session(name.trim(), &hash, ip).await
    }

    async fn sign_in(&self, name: &str, password: &Secret, ip: Option<IpAddr>) -> Reply<NewSession> {
        // From here on, existing and unknown names are treated alike.
        let attempt = self.throttle.admit(name, ip, Instant::now()).map_err(Refusal::Throttled)?;
        let user = match self.store.user(name.trim()).await {
            Ok(user) => user,
            Err(error) => {
                attempt.cancel();
                return Err(error.into());
            }
        };
        let bounded = password.reveal().chars().count() <= limits::PASSWORD_MAX_CHARS;
        let stored = user.as_ref().filter(|_| bounded).and_then(|it| it.password_hash.clone());
        let checked = passwords::verify(password, stored.clone()).await;
        match (user, stored, checked) {
            (Some(user), Some(hash), Ok(true)) => {
                attempt.succeed();
                self.start_session(&user.name, &hash, ip).await
            }
            (_, _, Ok(_)) => {
                attempt.fail();
                Err(wrong_credentials())
            }
            (_, _, Err(refusal)) => {
                attempt.cancel();
                Err(refusal)
            }
        }
    }

    async fn sign_out(&self, token: &Secret) -> Reply<()> {
        self.delete_session(token).await
    }

    async fn actor(&self, token: &Secret, ip: Option<IpAddr>) -> Reply<Actor> {
        let id = tokens::sha256(token);
        let now = clock::now();
        let session = self.store.session(&id).await?.ok_or(Refusal::Unauthenticated)?;
        if !is_active(&session, now) {
            self.delete_session(token).await?;
            return Err(Refusal::Unauthenticated);
        }
        if now.0.saturating_sub(session.last_seen_at.0) > TOUCH_MS {
            let mut write = self.store.write().await?;
            match write.touch_session(&id, now, ip).await {
                // Signed out in the meantime; this request was still in time.
                Ok(()) | Err(StoreError::NotFound) => write.commit().await?,
                Err(error) => return Err(error.into()),
            }
        }
        Ok(Actor { name: session.user, role: session.role, ip })
    }
}

fn before(now: Timestamp, ms: i64) -> Timestamp {
    Timestamp(now.0.saturating_sub(ms))
}

/// The same refusal for a wrong name and a wrong password.
fn wrong_credentials() -> Refusal {
    let words = "The user name or the password is wrong.";
    Refusal::Invalid(vec![FieldError::new("password", "wrong_credentials", words)])
}

/// Whether a session has not expired.
pub(super) fn is_active(session: &Session, now: Timestamp) -> bool {
    let idle = now.0.saturating_sub(session.last_seen_at.0);
    let age = now.0.saturating_sub(session.created_at.0);
    idle <= IDLE_MS && age <= ABSOLUTE_MS
}

fn check_credentials(name: &str, password: &Secret) -> Reply<()> {
    let errors: Vec<_> =
        check_user_name(name).into_iter().chain(check_password(password, "password")).collect();
    if errors.is_empty() { Ok(()) } else { Err(Refusal::Invalid(errors)) }
}
