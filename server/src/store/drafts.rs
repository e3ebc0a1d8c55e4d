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
    /// Keeps a draft: a new one if its revision is 0, else over the one of its id. Answers with its revision now.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if this user has no such draft, [`StoreError::Changed`] if it was kept since the draft's
    /// revision, [`StoreError::Taken`] if a new one has an id that is taken.
    pub async fn keep_draft(&mut self, user: &str, draft: &Draft) -> Result<u64, StoreError> {
        let editing = draft.editing.as_ref();
        let statement = if draft.revision == 0 {
            "INSERT INTO drafts (id, user_name, kind, editing_id, editing_revision, body, updated_at, revision) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8 + 1)"
        } else {
            "UPDATE drafts SET kind = $3, editing_id = $4, editing_revision = $5, body = $6, updated_at = $7, \
                 revision = revision + 1 \
             WHERE id = $1 AND user_name = $2 AND revision = $8"
        };
        let keep = sqlx::query(statement)
            .bind(draft.id.as_str())
            .bind(user)
            .bind(draft.kind.as_str())
            .bind(editing.map(|it| it.id.as_str()))
            .bind(editing.map(|it| number(it.revision)).transpose()?)
            .bind(json(&draft.body)?)
            .bind(draft.updated_at.0)
            .bind(number(draft.revision)?);
        if self.run(keep).await? == 0 {
            return Err(self.missing_draft(user, &draft.id).await?);
        }

        // The one just kept stays, whatever its time says.
        let forget = sqlx::query(
            "DELETE FROM drafts WHERE user_name = $1 AND id NOT IN ( \
                 SELECT id FROM drafts WHERE user_name = $1 \
                 ORDER BY CASE WHEN id = $2 THEN 0 ELSE 1 END, updated_at DESC, id LIMIT $3)",
        )
        .bind(user)
        .bind(draft.id.as_str())
        .bind(i64::from(DRAFTS_OF_A_USER));
        self.run(forget).await?;
        Ok(draft.revision + 1)
    }

    /// Deletes a draft.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if this user has no such draft.
    pub async fn delete_draft(&mut self, user: &str, id: &str) -> Result<(), StoreError> {
        let query = sqlx::query("DELETE FROM drafts WHERE user_name = $1 AND id = $2").bind(user).bind(id);
        self.run_on_one(query).await
    }

    /// Deletes a draft that is as it was at `revision`.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if this user has no such draft, [`StoreError::Changed`] if it was kept since.
    pub async fn delete_draft_at(&mut self, user: &str, id: &str, revision: u64) -> Result<(), StoreError> {
        let query = sqlx::query("DELETE FROM drafts WHERE user_name = $1 AND id = $2 AND revision = $3")
            .bind(user)
            .bind(id)
            .bind(number(revision)?);
        match self.run(query).await? {
            0 => Err(self.missing_draft(user, id).await?),
            _ => Ok(()),
        }
    }

    /// Why a draft was not found at a revision.
    async fn missing_draft(&mut self, user: &str, id: &str) -> Result<StoreError, StoreError> {
        let query = sqlx::query("SELECT id FROM drafts WHERE user_name = $1 AND id = $2").bind(user).bind(id);
        let is_there = !self.rows(query).await?.is_empty();
        Ok(if is_there { StoreError::Changed } else { StoreError::NotFound })
    }
}

impl Store {
    /// A draft of this user.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Corrupt`].
    pub async fn draft(&self, user: &str, id: &str) -> Result<Option<Draft>, StoreError> {
        let query = sqlx::query(
            "SELECT id, kind, editing_id, editing_revision, body, updated_at, revision FROM drafts \
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
            "SELECT id, kind, editing_id, editing_revision, body, updated_at, revision FROM drafts \
             WHERE user_name = $1 ORDER BY updated_at DESC, id",
        )
        .bind(user);
        query::rows(&mut *self.reader().await?, query).await?.iter().map(draft).collect()
    }
}

fn draft(row: &AnyRow) -> Result<Draft, StoreError> {
    let editing_revision = row.maybe_number("editing_revision")?;
    Ok(Draft {
        id: row.text("id")?,
        revision: row.number("revision")?,
        kind: row.kind("kind")?,
        editing: row
            .maybe_text("editing_id")?
            .zip(editing_revision)
            .map(|(id, revision)| Editing { id, revision }),
        body: row.json("body")?,
        updated_at: row.moment("updated_at")?,
    })
}
