//! One-time links by which people set their own password, known by their SHA-256 alone; one at a time for each.

use app::domain::{ids::name_key, timestamp::Timestamp};

use crate::store::{
    Sha256, Store, StoreError, Write,
    engine::query::{self, Columns as _},
};

impl Write {
    /// Keeps a link for somebody; an earlier one of theirs stops working.
    ///
    /// # Errors
    /// [`StoreError::Referenced`] where there is no such user.
    pub async fn set_invitation(
        &mut self,
        user: &str,
        sha256: &Sha256,
        expires_at: Timestamp,
    ) -> Result<(), StoreError> {
        self.delete_invitation(user).await?;
        let query = sqlx::query("INSERT INTO invitations (sha256, user_key, expires_at) VALUES ($1, $2, $3)")
            .bind(sha256.as_slice())
            .bind(name_key(user))
            .bind(expires_at.0);
        self.run(query).await.map(drop)
    }

    /// Uses a link up. Answers with whose it was, where it was good at `now`; only one write ever gets that.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn take_invitation(
        &mut self,
        sha256: &Sha256,
        now: Timestamp,
    ) -> Result<Option<String>, StoreError> {
        let rows = self.rows(sqlx::query(WHOSE).bind(sha256.as_slice()).bind(now.0)).await?;
        let Some(row) = rows.first() else { return Ok(None) };
        let name = row.text("name")?;
        self.delete_invitation(&name).await?;
        Ok(Some(name))
    }

    /// Forgets somebody's link, where they have one.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn delete_invitation(&mut self, user: &str) -> Result<(), StoreError> {
        let query = sqlx::query("DELETE FROM invitations WHERE user_key = $1").bind(name_key(user));
        self.run(query).await.map(drop)
    }
}

impl Store {
    /// Whom a link that would be taken at `now` is for; uses nothing up.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn invitation(&self, sha256: &Sha256, now: Timestamp) -> Result<Option<String>, StoreError> {
        let query = sqlx::query(WHOSE).bind(sha256.as_slice()).bind(now.0);
        let row = query::row(&mut *self.reader().await?, query).await?;
        row.map(|row| row.text("name")).transpose()
    }
}

const WHOSE: &str = "SELECT users.name FROM invitations JOIN users ON users.name_key = invitations.user_key \
                     WHERE invitations.sha256 = $1 AND invitations.expires_at > $2";
