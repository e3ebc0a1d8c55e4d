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
    people::{audit_row, check_password, link_expired},
    tokens,
};
use crate::operations::{Operations, config::audit_trail::Action};
use crate::{clock, store::Sha256};

/// Most sessions that a page shows.
const MAX_SESSIONS: u32 = 200;

#[async_trait]
impl OwnAccount for Operations {
    async fn own_sessions(&self, who: &Actor, current: Option<&Secret>) -> Reply<Vec<SessionView>> {
        let current = current.map(tokens::sha256);
        let sessions = self.store.sessions_of(&who.name, MAX_SESSIONS).await?.into_iter();
        Ok(sessions
            .filter(|(_, it)| super::sessions::is_active(it, clock::now()))
            .map(|(sha256, it)| SessionView {
                id: public_id(&sha256),
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
        let errors: Vec<_> = check_password(new, "new").into_iter().collect();
        if !errors.is_empty() {
            return Err(Refusal::Invalid(errors));
        }
        // Someone at an unattended browser must not be able to guess the password.
        let attempt = self.throttle.admit(&who.name, who.ip, Instant::now()).map_err(Refusal::Throttled)?;
        let stored = self.store.user(&who.name).await?.and_then(|it| it.password_hash);
        match passwords::verify(old, stored).await {
            Ok(true) => attempt.succeed(),
            Ok(false) => {
                attempt.fail();
                let words = "This is not your current password.";
                return Err(Refusal::Invalid(vec![FieldError::new("old", "wrong_credentials", words)]));
            }
            Err(refusal) => {
                attempt.cancel();
                return Err(refusal);
            }
        }
        let hash = passwords::hash(new).await?;
        let mut write = self.store.write().await?;
        write.set_password(&who.name, Some(&hash)).await?;
        write.delete_invitation(&who.name).await?;
        write.delete_sessions_of(&who.name, current.map(tokens::sha256).as_ref()).await?;
        write.put_audit(&audit_row(who, Action::SetPassword, &who.name, &Value::Null, &Value::Null)).await?;
        Ok(write.commit().await?)
    }

    async fn end_session(&self, who: &Actor, id: &str) -> Reply<()> {
        let sessions = self.store.sessions_of(&who.name, MAX_SESSIONS).await?;
        let found = sessions.into_iter().find(|(sha256, _)| public_id(sha256) == id);
        let (sha256, _) = found.ok_or_else(|| Refusal::Gone("That session has already ended.".to_owned()))?;
        let mut write = self.store.write().await?;
        write.delete_session(&sha256).await?;
        write.put_audit(&audit_row(who, Action::EndSessions, &who.name, &Value::Null, &Value::Null)).await?;
        Ok(write.commit().await?)
    }

    async fn end_sessions(&self, who: &Actor) -> Reply<()> {
        let mut write = self.store.write().await?;
        write.delete_sessions_of(&who.name, None).await?;
        write.put_audit(&audit_row(who, Action::EndSessions, &who.name, &Value::Null, &Value::Null)).await?;
        Ok(write.commit().await?)
    }
}

#[async_trait]
impl Invitations for Operations {
    async fn invited(&self, token: &Secret) -> Reply<String> {
        let found = self.store.invitation(&tokens::sha256(token), clock::now()).await?;
        found.ok_or_else(link_expired)
    }

    async fn accept(&self, token: &Secret, password: &Secret, ip: Option<IpAddr>) -> Reply<NewSession> {
        let sha256 = tokens::sha256(token);
        // Checked before the password is hashed, so strangers cannot make this server work.
        self.store.invitation(&sha256, clock::now()).await?.ok_or_else(link_expired)?;
        let errors: Vec<_> = check_password(password, "password").into_iter().collect();
        if !errors.is_empty() {
            return Err(Refusal::Invalid(errors));
        }
        let hash = passwords::hash(password).await?;
        let mut write = self.store.write().await?;
        let name = write.take_invitation(&sha256, clock::now()).await?.ok_or_else(link_expired)?;
        let role = write.user(&name).await?.role;
        write.set_password(&name, Some(&hash)).await?;
        let who = Actor { name, role, ip };
        write.put_audit(&audit_row(&who, Action::SetPassword, &who.name, &Value::Null, &Value::Null)).await?;
        write.commit().await?;
        self.start_session(&who.name, &hash, ip).await
    }
}

/// The public id of a session: a part of its hash, which gives no access.
fn public_id(sha256: &Sha256) -> String {
    hex::encode(&sha256[..8])
}
