//! Forms that are not saved yet, kept for their user; a bounded number each.

use app::domain::console::draft::{Draft, Editing};
use sqlx::any::AnyRow;

use super::{
    Store, StoreError, Write,
    engine::query::{self, Columns as _, json, number},
};

/// The most drafts that are kept for a user; beyond that, those untouched for longest go.
pub const DRAFTS_OF_A_USER: u32 = 50;

impl Write {
    /// Keeps a draft under its id, over an earlier state of it.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] where the id is a draft of somebody else.
    pub async fn keep_draft(&mut self, user: &str, draft: &Draft) -> Result<(), StoreError> {
        let editing = draft.editing.as_ref();
        let keep = sqlx::query(
            "INSERT INTO drafts (id, user_name, kind, editing_id, editing_revision, body, updated_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7) \
             ON CONFLICT (id) DO UPDATE SET kind = excluded.kind, editing_id = excluded.editing_id, \
                 editing_revision = excluded.editing_revision, body = excluded.body, \
                 updated_at = excluded.updated_at \
             WHERE drafts.user_name = excluded.user_name",
        )
        .bind(draft.id.as_str())
        .bind(user)
        .bind(draft.kind.as_str())
        .bind(editing.map(|it| it.id.as_str()))
        .bind(editing.map(|it| number(it.revision)).transpose()?)
        .bind(json(&draft.body)?)
        .bind(draft.updated_at.0);
        self.run_on_one(keep).await?;

        // The one just kept stays, whatever its time says.
        let forget = sqlx::query(
            "DELETE FROM drafts WHERE user_name = $1 AND id NOT IN ( \
                 SELECT id FROM drafts WHERE user_name = $1 \
                 ORDER BY CASE WHEN id = $2 THEN 0 ELSE 1 END, updated_at DESC, id LIMIT $3)",
        )
        .bind(user)
        .bind(draft.id.as_str())
        .bind(i64::from(DRAFTS_OF_A_USER));
        self.run(forget).await.map(drop)
    }

    /// Throws a draft away.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] where this user has no such draft.
    pub async fn delete_draft(&mut self, user: &str, id: &str) -> Result<(), StoreError> {
        let query = sqlx::query("DELETE FROM drafts WHERE user_name = $1 AND id = $2").bind(user).bind(id);
        self.run_on_one(query).await
    }
}

impl Store {
    /// A draft of this user.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Corrupt`].
    pub async fn draft(&self, user: &str, id: &str) -> Result<Option<Draft>, StoreError> {
        let query = sqlx::query(
            "SELECT id, kind, editing_id, editing_revision, body, updated_at FROM drafts \
             WHERE user_name = $1 AND id = $2",
        )
        .bind(user)
        .bind(id);
        query::row(&mut *self.reader().await?, query).await?.as_ref().map(draft).transpose()
    }

    /// This user's drafts, the one touched last first.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Corrupt`].
    pub async fn drafts(&self, user: &str) -> Result<Vec<Draft>, StoreError> {
        let query = sqlx::query(
            "SELECT id, kind, editing_id, editing_revision, body, updated_at FROM drafts \
             WHERE user_name = $1 ORDER BY updated_at DESC, id",
        )
        .bind(user);
        query::rows(&mut *self.reader().await?, query).await?.iter().map(draft).collect()
    }
}

fn draft(row: &AnyRow) -> Result<Draft, StoreError> {
    let revision = row.maybe_number("editing_revision")?;
    Ok(Draft {
        id: row.text("id")?,
        kind: row.kind("kind")?,
        editing: row.maybe_text("editing_id")?.zip(revision).map(|(id, revision)| Editing { id, revision }),
        body: row.json("body")?,
        updated_at: row.moment("updated_at")?,
    })
}
