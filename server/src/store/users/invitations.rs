//! One-time links by which people set their own password; at most one per person. Tokens are stored as SHA-256.

use app::domain::{ids::name_key, timestamp::Timestamp};

use crate::store::{
    Sha256, Store, StoreError, Write,
    engine::query::{self, Columns as _},
};

impl Write {
    /// Stores a person's link; an earlier one stops working.
    ///
    /// # Errors
    /// [`StoreError::Referenced`] if there is no such user.
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

    /// Uses up a link and returns its user if it was valid at `now`. Only one write ever gets that.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn take_invitation(
        &mut self,
        sha256: &Sha256,
        now: Timestamp,
    ) -> Result<Option<String>, StoreError> {
        let rows = self.rows(sqlx::query(BY_TOKEN).bind(sha256.as_slice()).bind(now.0)).await?;
        let Some(row) = rows.first() else { return Ok(None) };
        let name = row.text("name")?;
        self.delete_invitation(&name).await?;
        Ok(Some(name))
    }

    /// Deletes a person's link, if there is one.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn delete_invitation(&mut self, user: &str) -> Result<(), StoreError> {
        let query = sqlx::query("DELETE FROM invitations WHERE user_key = $1").bind(name_key(user));
        self.run(query).await.map(drop)
    }
}

impl Store {
    /// The user of a link that is valid at `now`; does not use it up.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn invitation(&self, sha256: &Sha256, now: Timestamp) -> Result<Option<String>, StoreError> {
        let query = sqlx::query(BY_TOKEN).bind(sha256.as_slice()).bind(now.0);
        let row = query::row(&mut *self.reader().await?, query).await?;
        row.map(|row| row.text("name")).transpose()
    }
}

const BY_TOKEN: &str = "SELECT users.name FROM invitations JOIN users ON users.name_key = invitations.user_key \
                     WHERE invitations.sha256 = $1 AND invitations.expires_at > $2";
