//! The first admin, signing in and out. Session ids and the set-up token are random and stored as hashes.

use std::net::IpAddr;

use app::{
    api::{
        ports::{Actor, NewSession, Role, Sessions},
        refusal::{Refusal, Reply},
    },
    domain::{fault::Fault, secret::Secret},
};
use async_trait::async_trait;

use super::{
    Operations,
    passwords::{self, PASSWORD_MAX_CHARS, PASSWORD_MIN_CHARS},
    tokens,
};
use crate::{
    clock,
    store::{SessionRow, UserRow},
};

/// A session nobody used for this long is over: 12 hours, in milliseconds.
const IDLE_MS: i64 = 12 * 60 * 60 * 1000;
/// No session lives longer than this: 7 days, in milliseconds.
const ABSOLUTE_MS: i64 = 7 * 24 * 60 * 60 * 1000;
/// How often a session's last use is written down, in milliseconds; not every page view is a write.
const TOUCH_MS: i64 = 60 * 1000;
/// How long a set-up link can be used: 30 minutes, in milliseconds.
const SETUP_MS: u64 = 30 * 60 * 1000;
/// User names are short enough to show.
const USER_NAME_CHARS: usize = 80;

impl Operations {
    /// A new set-up token; an older one stops working. Only for a server without an admin.
    pub async fn fresh_setup_token(&self) -> Reply<Secret> {
        let token = tokens::fresh().map_err(|_| Refusal::StoreUnavailable)?;
        let expires_at = clock::now().plus_ms(SETUP_MS);
        self.store.set_setup_token(&tokens::sha256(&token), expires_at).await?;
        Ok(token)
    }

    /// Makes the first admin from the environment; does nothing where there is one.
    pub async fn first_admin(&self, name: &str, password: &Secret) -> Reply<()> {
        if self.store.count_users().await? > 0 {
            return Ok(());
        }
        judge_credentials(name, password)?;
        self.add_first_admin(name, password, None).await
    }

    async fn add_first_admin(
        &self,
        name: &str,
        password: &Secret,
        setup_token: Option<[u8; 32]>,
    ) -> Reply<()> {
        let user = UserRow {
            name: name.trim().to_owned(),
            role: Role::Admin,
            password_hash: passwords::hash(password).await?,
            created_at: clock::now(),
        };
        if self.store.insert_first_admin(&user, setup_token, clock::now()).await? {
            return Ok(());
        }
        Err(Refusal::Gone(
            "This set-up link is not valid any more. Start the server again for a new one, or sign in."
                .to_owned(),
        ))
    }

    async fn begin(&self, user: &str, ip: Option<IpAddr>) -> Reply<NewSession> {
        let token = tokens::fresh().map_err(|_| Refusal::StoreUnavailable)?;
        let now = clock::now();
        self.store.delete_sessions_before(before(now, IDLE_MS), before(now, ABSOLUTE_MS)).await?;
        self.store
            .insert_session(&SessionRow {
                id_sha256: tokens::sha256(&token),
                user: user.to_owned(),
                created_at: now,
                last_seen_at: now,
                ip: ip.map(|ip| ip.to_string()),
            })
            .await?;
        Ok(NewSession { token, max_age_s: ABSOLUTE_MS.unsigned_abs() / 1000 })
    }
}

#[async_trait]
impl Sessions for Operations {
    async fn needs_setup(&self) -> Reply<bool> {
        Ok(self.store.count_users().await? == 0)
    }

    async fn set_up(
        &self,
        token: &Secret,
        name: &str,
        password: &Secret,
        ip: Option<IpAddr>,
    ) -> Reply<NewSession> {
        judge_credentials(name, password)?;
        self.add_first_admin(name, password, Some(tokens::sha256(token))).await?;
        self.begin(name.trim(), ip).await
    }

    async fn sign_in(&self, name: &str, password: &Secret, ip: Option<IpAddr>) -> Reply<NewSession> {
        let user = self.store.user(name.trim()).await?;
        let bounded = password.reveal().chars().count() <= PASSWORD_MAX_CHARS;
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
        Ok(self.store.delete_session(&tokens::sha256(token)).await?)
    }

    async fn actor(&self, token: &Secret, ip: Option<IpAddr>) -> Reply<Actor> {
        let id = tokens::sha256(token);
        let now = clock::now();
        let (session, user) = self.store.session(&id).await?.ok_or(Refusal::Unauthenticated)?;
        let idle = now.0.saturating_sub(session.last_seen_at.0);
        let age = now.0.saturating_sub(session.created_at.0);
        if idle > IDLE_MS || age > ABSOLUTE_MS {
            self.store.delete_session(&id).await?;
            return Err(Refusal::Unauthenticated);
        }
        if idle > TOUCH_MS {
            self.store.touch_session(&id, now).await?;
        }
        Ok(Actor { name: user.name, role: user.role, ip })
    }
}

fn before(now: app::domain::timestamp::Timestamp, ms: i64) -> app::domain::timestamp::Timestamp {
    app::domain::timestamp::Timestamp(now.0.saturating_sub(ms))
}

fn judge_credentials(name: &str, password: &Secret) -> Reply<()> {
    let mut faults = Vec::new();
    let name = name.trim();
    if name.is_empty() || name.chars().count() > USER_NAME_CHARS || name.chars().any(char::is_control) {
        faults.push(Fault::new("name", "invalid", "A user name has 1 to 80 characters."));
    }
    if !(PASSWORD_MIN_CHARS..=PASSWORD_MAX_CHARS).contains(&password.reveal().chars().count()) {
        faults.push(Fault::new("password", "invalid", "A password has 10 to 256 characters."));
    }
    if faults.is_empty() { Ok(()) } else { Err(Refusal::Invalid(faults)) }
}
