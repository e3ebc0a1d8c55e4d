//! The password and the sessions of the actor, and invitations to set a first password.

use std::{net::IpAddr, time::Instant};

use app::{
    domain::{field_error::FieldError, person::SessionView, secret::Secret},
    ports::{Actor, Invitations, NewSession, OwnAccount},
    refusal::{Refusal, Reply},
};
use async_trait::async_trait;
use serde_json::Value;

use super::{
    passwords,
    people::{judge_password, over, row},
    tokens,
};
use crate::operations::{Operations, config::trace::Action};
use crate::{clock, store::Sha256};

/// Sessions that a page shows; nobody is signed in at more places than they can look at.
const SHOWN: u32 = 200;

#[async_trait]
impl OwnAccount for Operations {
    async fn own_sessions(&self, who: &Actor, current: Option<&Secret>) -> Reply<Vec<SessionView>> {
        let current = current.map(tokens::sha256);
        let sessions = self.store.sessions_of(&who.name, SHOWN).await?.into_iter();
        Ok(sessions
            .filter(|(_, it)| super::sessions::lives(it, clock::now()))
            .map(|(sha256, it)| SessionView {
                id: public(&sha256),
                created_at: it.created_at,
                last_seen_at: it.last_seen_at,
                ip: it.ip.map(|it| it.to_string()),
                current: Some(sha256) == current,
            })
            .collect())
    }

    async fn change_password(
        &self,
        who: &Actor,
        current: Option<&Secret>,
        old: &Secret,
        new: &Secret,
    ) -> Reply<()> {
        let errors: Vec<_> = judge_password(new, "new").into_iter().collect();
        if !errors.is_empty() {
            return Err(Refusal::Invalid(errors));
        }
        // Whoever found an open browser must not find the password as well.
        let attempt = self.throttle.admit(&who.name, who.ip, Instant::now()).map_err(Refusal::Throttled)?;
        let stored = self.store.user(&who.name).await?.and_then(|it| it.password_hash);
        match passwords::verify(old, stored).await {
            Ok(true) => attempt.right(),
            Ok(false) => {
                attempt.wrong();
                let words = "This is not your present password.";
                return Err(Refusal::Invalid(vec![FieldError::new("old", "wrong_credentials", words)]));
            }
            Err(refusal) => {
                attempt.void();
                return Err(refusal);
            }
        }
        let hash = passwords::hash(new).await?;
        let mut write = self.store.write().await?;
        write.set_password(&who.name, Some(&hash)).await?;
        write.delete_invitation(&who.name).await?;
        write.delete_sessions_of(&who.name, current.map(tokens::sha256).as_ref()).await?;
        write.put_audit(&row(who, Action::SetPassword, &who.name, &Value::Null, &Value::Null)).await?;
        Ok(write.commit().await?)
    }

    async fn end_session(&self, who: &Actor, id: &str) -> Reply<()> {
        let sessions = self.store.sessions_of(&who.name, SHOWN).await?;
        let found = sessions.into_iter().find(|(sha256, _)| public(sha256) == id);
        let (sha256, _) = found.ok_or_else(|| Refusal::Gone("That session is over already.".to_owned()))?;
        let mut write = self.store.write().await?;
        write.delete_session(&sha256).await?;
        write.put_audit(&row(who, Action::EndSessions, &who.name, &Value::Null, &Value::Null)).await?;
        Ok(write.commit().await?)
    }

    async fn end_sessions(&self, who: &Actor) -> Reply<()> {
        let mut write = self.store.write().await?;
        write.delete_sessions_of(&who.name, None).await?;
        write.put_audit(&row(who, Action::EndSessions, &who.name, &Value::Null, &Value::Null)).await?;
        Ok(write.commit().await?)
    }
}

#[async_trait]
impl Invitations for Operations {
    async fn invited(&self, token: &Secret) -> Reply<String> {
        let found = self.store.invitation(&tokens::sha256(token), clock::now()).await?;
        found.ok_or_else(over)
    }

    async fn accept(&self, token: &Secret, password: &Secret, ip: Option<IpAddr>) -> Reply<NewSession> {
        let sha256 = tokens::sha256(token);
        // Told before the password is hashed, so that strangers cannot make this server work.
        self.store.invitation(&sha256, clock::now()).await?.ok_or_else(over)?;
        let errors: Vec<_> = judge_password(password, "password").into_iter().collect();
        if !errors.is_empty() {
            return Err(Refusal::Invalid(errors));
        }
        let hash = passwords::hash(password).await?;
        let mut write = self.store.write().await?;
        let name = write.take_invitation(&sha256, clock::now()).await?.ok_or_else(over)?;
        let role = write.user(&name).await?.role;
        write.set_password(&name, Some(&hash)).await?;
        let who = Actor { name, role, ip };
        write.put_audit(&row(&who, Action::SetPassword, &who.name, &Value::Null, &Value::Null)).await?;
        write.commit().await?;
        self.begin(&who.name, &hash, ip).await
    }
}

/// What a page calls a session: a part of its hash, which opens nothing.
fn public(sha256: &Sha256) -> String {
    hex::encode(&sha256[..8])
}
