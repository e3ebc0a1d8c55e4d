//! Sessions, stored by the SHA-256 of their cookies. The caller decides when one has expired.

use std::net::IpAddr;

use app::{
    domain::{ids::name_key, timestamp::Timestamp},
    ports::Role,
};

use sqlx::any::AnyRow;

use crate::store::{
    Sha256, Store, StoreError, Write,
    engine::query::{self, Columns as _},
};

/// A session of a user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// The user name.
    pub user: String,
    /// The user's current role; ignored when a session is saved.
    pub role: Role,
    /// Time of the sign-in.
    pub created_at: Timestamp,
    /// Time of the last use.
    pub last_seen_at: Timestamp,
    /// Client address of the last use.
    pub ip: Option<IpAddr>,
}

impl Write {
    /// Inserts a session.
    ///
    /// # Errors
    /// [`StoreError::Referenced`] if there is no such user.
    pub async fn insert_session(&mut self, sha256: &Sha256, session: &Session) -> Result<(), StoreError> {
        let query = sqlx::query(
            "INSERT INTO sessions (sha256, user_key, created_at, last_seen_at, ip) VALUES ($1, $2, $3, $4, $5)",
        )
        .bind(sha256.as_slice())
        .bind(name_key(&session.user))
        .bind(session.created_at.0)
        .bind(session.last_seen_at.0)
        .bind(session.ip.map(|it| it.to_string()));
        self.run(query).await.map(drop)
    }

    /// Updates the last use of a session.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn touch_session(
        &mut self,
        sha256: &Sha256,
        at: Timestamp,
        ip: Option<IpAddr>,
    ) -> Result<(), StoreError> {
        let query = sqlx::query("UPDATE sessions SET last_seen_at = $2, ip = $3 WHERE sha256 = $1")
            .bind(sha256.as_slice())
            .bind(at.0)
            .bind(ip.map(|it| it.to_string()));
        self.run_on_one(query).await
    }

    /// Deletes a session.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn delete_session(&mut self, sha256: &Sha256) -> Result<(), StoreError> {
        self.run_on_one(sqlx::query("DELETE FROM sessions WHERE sha256 = $1").bind(sha256.as_slice())).await
    }

    /// Deletes all sessions of a user, except the one of that cookie; returns how many.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn delete_sessions_of(&mut self, user: &str, but: Option<&Sha256>) -> Result<u64, StoreError> {
        // No hash is empty.
        let query = sqlx::query("DELETE FROM sessions WHERE user_key = $1 AND sha256 <> $2")
            .bind(name_key(user))
            .bind(but.map_or(&[][..], |it| it.as_slice()));
        self.run(query).await
    }

    /// Deletes sessions last used before `seen_before` or created before `created_before`; returns how many.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn delete_old_sessions(
        &mut self,
        seen_before: Timestamp,
        created_before: Timestamp,
    ) -> Result<u64, StoreError> {
        let query = sqlx::query("DELETE FROM sessions WHERE last_seen_at < $1 OR created_at < $2")
            .bind(seen_before.0)
            .bind(created_before.0);
        self.run(query).await
    }
}

impl Store {
    /// A user's sessions with the SHA-256 of their cookies, the last used first, at most `limit`; expired ones
    /// included.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Corrupt`].
    pub async fn sessions_of(&self, user: &str, limit: u32) -> Result<Vec<(Sha256, Session)>, StoreError> {
        let query = sqlx::query(
            "SELECT sessions.sha256, users.name, users.role, sessions.created_at, sessions.last_seen_at, sessions.ip \
             FROM sessions JOIN users ON users.name_key = sessions.user_key WHERE sessions.user_key = $1 \
             ORDER BY sessions.last_seen_at DESC, sessions.sha256 LIMIT $2",
        )
        .bind(name_key(user))
        .bind(i64::from(limit));
        let rows = query::rows(&mut *self.reader().await?, query).await?;
        rows.iter().map(|row| Ok((row.sha256("sha256")?, read(row)?))).collect()
    }

    /// The session of that cookie, even if it has expired.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Corrupt`].
    pub async fn session(&self, sha256: &Sha256) -> Result<Option<Session>, StoreError> {
        let query = sqlx::query(
            "SELECT users.name, users.role, sessions.created_at, sessions.last_seen_at, sessions.ip \
             FROM sessions JOIN users ON users.name_key = sessions.user_key WHERE sessions.sha256 = $1",
        )
        .bind(sha256.as_slice());
        let Some(row) = query::row(&mut *self.reader().await?, query).await? else { return Ok(None) };
        read(&row).map(Some)
    }
}

fn read(row: &AnyRow) -> Result<Session, StoreError> {
    Ok(Session {
        user: row.text("name")?,
        role: row.read("role", Role::parse)?,
        created_at: row.moment("created_at")?,
        last_seen_at: row.moment("last_seen_at")?,
        ip: row.maybe_ip("ip")?,
    })
}
