//! The first admin, signing in and out. Session ids and the set-up token are random and stored as hashes.

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
    people::{judge_name, judge_password},
    tokens,
};
use crate::operations::{Operations, config::trace::Action};
use crate::{
    clock,
    store::{AuditRow, Session, Store, StoreError, User},
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
    /// The set-up token of this start, in the place of `former`, the one of this replica's last start. Those that other
    /// replicas have printed go on working, until one of them makes the first admin. `None` where there is an admin.
    ///
    /// # Errors
    /// Where the store cannot write.
    pub async fn add_setup_token(&self, former: Option<&Secret>) -> Reply<Option<Secret>> {
        let token = tokens::fresh().map_err(|_| Refusal::StoreUnavailable)?;
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

    /// Makes the first admin from the environment; does nothing where there is one, also where another replica is
    /// quicker.
    ///
    /// # Errors
    /// [`Refusal::Invalid`] where name or password cannot be used, or where the store cannot write.
    pub async fn first_admin(&self, name: &str, password: &Secret) -> Reply<()> {
        if self.store.has_admin().await? {
            return Ok(());
        }
        judge_credentials(name, password)?;
        self.add_first_admin(name, password, None, None).await.map(drop)
    }

    /// Adds the first admin; answers with the hash of their password, or with `None` where there is an admin already.
    /// With a set-up token, only where it is good, and it is used up; else the answer is `None` as well.
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
            // Told before the password is hashed, so that strangers cannot make this server work.
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
            // Those that other replicas have printed go with it.
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

    async fn end(&self, token: &Secret) -> Reply<()> {
        let mut write = self.store.write().await?;
        match write.delete_session(&tokens::sha256(token)).await {
            Ok(()) | Err(StoreError::NotFound) => Ok(write.commit().await?),
            Err(error) => Err(error.into()),
        }
    }

    /// Begins a session for somebody whose password has just been checked against `hash`, or set as it. Where that was
    /// changed or taken away in the meantime, the check counts for nothing.
    pub(super) async fn begin(&self, user: &str, hash: &Secret, ip: Option<IpAddr>) -> Reply<NewSession> {
        let token = tokens::fresh().map_err(|_| Refusal::StoreUnavailable)?;
        let now = clock::now();
        let mut write = self.store.write().await?;
        match write.user(user).await {
            Ok(it) if it.password_hash.as_ref() == Some(hash) => {}
            Ok(_) | Err(StoreError::NotFound) => return Err(wrong_credentials()),
            Err(error) => return Err(error.into()),
        }
        write.delete_old_sessions(earlier(now, IDLE_MS), earlier(now, ABSOLUTE_MS)).await?;
        let session =
            Session { user: user.to_owned(), role: Role::Viewer, created_at: now, last_seen_at: now, ip };
        write.insert_session(&tokens::sha256(&token), &session).await?;
        write.commit().await?;
        Ok(NewSession { token, max_age_s: ABSOLUTE_MS.unsigned_abs() / 1000 })
    }
}

/// A new set-up token; all older ones stop working. `None` where there is an admin.
///
/// # Errors
/// Where the store cannot write.
pub async fn fresh_setup_token(store: &Store) -> Reply<Option<Secret>> {
    let token = tokens::fresh().map_err(|_| Refusal::StoreUnavailable)?;
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
        judge_credentials(name, password)?;
        let Some(hash) = self.add_first_admin(name, password, Some(token), ip).await? else {
            let words =
                "This set-up link is not valid any more. Start the server again for a new one, or sign in.";
            return Err(Refusal::Gone(words.to_owned()));
        };
        self.begin(name.trim(), &hash, ip).await
    }

    async fn sign_in(&self, name: &str, password: &Secret, ip: Option<IpAddr>) -> Reply<NewSession> {
        // The same for names that exist and names that do not, from here to the answer.
        let attempt = self.throttle.admit(name, ip, Instant::now()).map_err(Refusal::Throttled)?;
        let user = match self.store.user(name.trim()).await {
            Ok(user) => user,
            Err(error) => {
                attempt.void();
                return Err(error.into());
            }
        };
        let bounded = password.reveal().chars().count() <= limits::PASSWORD_MAX_CHARS;
        let stored = user.as_ref().filter(|_| bounded).and_then(|it| it.password_hash.clone());
        let checked = passwords::verify(password, stored.clone()).await;
        match (user, stored, checked) {
            (Some(user), Some(hash), Ok(true)) => {
                attempt.right();
                self.begin(&user.name, &hash, ip).await
            }
            (_, _, Ok(_)) => {
                attempt.wrong();
                Err(wrong_credentials())
            }
            (_, _, Err(refusal)) => {
                attempt.void();
                Err(refusal)
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
        if !lives(&session, now) {
            self.end(token).await?;
            return Err(Refusal::Unauthenticated);
        }
        if now.0.saturating_sub(session.last_seen_at.0) > TOUCH_MS {
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

/// The same for a wrong name and a wrong password.
fn wrong_credentials() -> Refusal {
    let words = "The user name or the password is wrong.";
    Refusal::Invalid(vec![FieldError::new("password", "wrong_credentials", words)])
}

/// Whether a session is not over yet.
pub(super) fn lives(session: &Session, now: Timestamp) -> bool {
    let idle = now.0.saturating_sub(session.last_seen_at.0);
    let age = now.0.saturating_sub(session.created_at.0);
    idle <= IDLE_MS && age <= ABSOLUTE_MS
}

fn judge_credentials(name: &str, password: &Secret) -> Reply<()> {
    let errors: Vec<_> = judge_name(name).into_iter().chain(judge_password(password, "password")).collect();
    if errors.is_empty() { Ok(()) } else { Err(Refusal::Invalid(errors)) }
}
