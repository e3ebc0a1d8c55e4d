//! Results that outlive a redirect: sealed, bounded for each user, gone after their time.

use app::domain::timestamp::Timestamp;
use sqlx::any::AnyRow;

use super::{
    Store, StoreError, Write,
    engine::query::{self, Columns as _, number},
};

/// The most messages that are kept for a user; beyond that, the oldest go.
pub const MESSAGES_OF_A_USER: u32 = 64;
/// The most bytes that the messages of a user may have together; beyond that, the oldest go.
pub const BYTES_OF_A_USER: u64 = 16 * 1024 * 1024;

/// A message as the store keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedFlash {
    /// Its id, as in `?note=`.
    pub id: String,
    /// What it says, sealed for `flash_messages.sealed_body` of this id.
    pub sealed_body: Vec<u8>,
}

impl Write {
    /// Keeps a message for a user.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn put_flash(
        &mut self,
        user: &str,
        flash: &SealedFlash,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let bytes = flash.sealed_body.len() as u64;
        let keep = sqlx::query(
            "INSERT INTO flash_messages (id, user_name, sealed_body, bytes, created_at) \
             VALUES ($1, $2, $3, $4, $5)",
        )
        .bind(flash.id.as_str())
        .bind(user)
        .bind(flash.sealed_body.as_slice())
        .bind(number(bytes)?)
        .bind(now.0);
        self.run(keep).await?;
        let forget = sqlx::query(
            "DELETE FROM flash_messages WHERE user_name = $1 AND id IN ( \
                 SELECT id FROM (SELECT id, \
                     SUM(bytes) OVER (ORDER BY created_at DESC, id DESC) AS total, \
                     ROW_NUMBER() OVER (ORDER BY created_at DESC, id DESC) AS place \
                     FROM flash_messages WHERE user_name = $1) AS newest \
                 WHERE total > $2 OR place > $3)",
        )
        .bind(user)
        .bind(number(BYTES_OF_A_USER)?)
        .bind(i64::from(MESSAGES_OF_A_USER));
        self.run(forget).await.map(drop)
    }

    /// Removes the message of that id and answers with it, if it is this user's and was kept at `since` or later. Only one
    /// write ever gets it.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn take_flash(
        &mut self,
        user: &str,
        id: &str,
        since: Timestamp,
    ) -> Result<Option<SealedFlash>, StoreError> {
        let query = sqlx::query(
            "DELETE FROM flash_messages WHERE user_name = $1 AND id = $2 AND created_at >= $3 \
             RETURNING sealed_body",
        )
        .bind(user)
        .bind(id)
        .bind(since.0);
        let rows = self.rows(query).await?;
        read(id, rows.first())
    }

    /// Removes all messages that were kept before `before`.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn delete_old_flash(&mut self, before: Timestamp) -> Result<(), StoreError> {
        self.run(sqlx::query("DELETE FROM flash_messages WHERE created_at < $1").bind(before.0))
            .await
            .map(drop)
    }
}

impl Store {
    /// The sealed message of that id, if it is this user's and was kept at `since` or later.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn flash(
        &self,
        user: &str,
        id: &str,
        since: Timestamp,
    ) -> Result<Option<SealedFlash>, StoreError> {
        let query = sqlx::query(
            "SELECT sealed_body FROM flash_messages WHERE user_name = $1 AND id = $2 AND created_at >= $3",
        )
        .bind(user)
        .bind(id)
        .bind(since.0);
        let row = query::row(&mut *self.reader().await?, query).await?;
        read(id, row.as_ref())
    }

    /// Whether any message was kept before `before`.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn has_old_flash(&self, before: Timestamp) -> Result<bool, StoreError> {
        let query = sqlx::query("SELECT 1 FROM flash_messages WHERE created_at < $1 LIMIT 1").bind(before.0);
        query::exists(&mut *self.reader().await?, query).await
    }
}

fn read(id: &str, row: Option<&AnyRow>) -> Result<Option<SealedFlash>, StoreError> {
    let body = row.map(|it| it.maybe_bytes("sealed_body")).transpose()?.flatten();
    Ok(body.map(|sealed_body| SealedFlash { id: id.to_owned(), sealed_body }))
}
