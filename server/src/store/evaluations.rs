//! Labelled prompts and the runs over them, by subject: the id of a balancer or of a draft.

mod progress;

use app::domain::console::evaluation::{EvaluationRun, PromptSet};

use super::{
    Store, StoreError, Write,
    engine::query::{self, Columns as _, json},
};

pub use progress::LatestRun;

/// The most runs that are kept of a subject; beyond that the oldest go.
pub const RUNS_OF_A_SUBJECT: u32 = 10;

impl Write {
    /// Keeps the prompts of a subject in place of those it had.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn keep_prompts(&mut self, subject: &str, set: &PromptSet) -> Result<(), StoreError> {
        let keep = sqlx::query(
            "INSERT INTO evaluation_sets (subject, prompts, updated_at, updated_by) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (subject) DO UPDATE SET prompts = excluded.prompts, \
                 updated_at = excluded.updated_at, updated_by = excluded.updated_by",
        )
        .bind(subject)
        .bind(json(&set.prompts)?)
        .bind(set.updated_at.0)
        .bind(set.updated_by.as_str());
        self.run(keep).await.map(drop)
    }

    /// Adds a run that has ended.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn add_evaluation(&mut self, subject: &str, run: &EvaluationRun) -> Result<(), StoreError> {
        let add =
            sqlx::query("INSERT INTO evaluation_runs (id, subject, begun_at, body) VALUES ($1, $2, $3, $4)")
                .bind(run.id.as_str())
                .bind(subject)
                .bind(run.begun_at.0)
                .bind(json(run)?);
        self.run(add).await?;
        let forget = sqlx::query(
            "DELETE FROM evaluation_runs WHERE subject = $1 AND id NOT IN ( \
                 SELECT id FROM evaluation_runs WHERE subject = $1 \
                 ORDER BY begun_at DESC, id DESC LIMIT $2)",
        )
        .bind(subject)
        .bind(i64::from(RUNS_OF_A_SUBJECT));
        self.run(forget).await.map(drop)
    }

    /// Moves prompts and runs of a draft to the balancer that it became. What the balancer has stays.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn move_evaluations(&mut self, from: &str, to: &str) -> Result<(), StoreError> {
        let set = "UPDATE evaluation_sets SET subject = $2 WHERE subject = $1 \
                   AND NOT EXISTS (SELECT 1 FROM evaluation_sets AS other WHERE other.subject = $2)";
        self.run(sqlx::query(set).bind(from).bind(to)).await?;
        let runs = "UPDATE evaluation_runs SET subject = $2 WHERE subject = $1";
        self.run(sqlx::query(runs).bind(from).bind(to)).await?;
        let latest = "UPDATE evaluation_progress SET subject = $2 WHERE subject = $1 \
                      AND NOT EXISTS (SELECT 1 FROM evaluation_progress AS other WHERE other.subject = $2)";
        self.run(sqlx::query(latest).bind(from).bind(to)).await.map(drop)
    }

    /// Deletes what belongs to no balancer and no draft any more.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn delete_stray_evaluations(&mut self) -> Result<(), StoreError> {
        for statement in [
            "DELETE FROM evaluation_sets WHERE subject NOT IN (SELECT id FROM balancers) \
             AND subject NOT IN (SELECT id FROM drafts)",
            "DELETE FROM evaluation_runs WHERE subject NOT IN (SELECT id FROM balancers) \
             AND subject NOT IN (SELECT id FROM drafts)",
            "DELETE FROM evaluation_progress WHERE subject NOT IN (SELECT id FROM balancers) \
             AND subject NOT IN (SELECT id FROM drafts)",
        ] {
            self.run(sqlx::query(statement)).await?;
        }
        Ok(())
    }
}

impl Store {
    /// The prompts of a subject.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Corrupt`].
    pub async fn prompts(&self, subject: &str) -> Result<Option<PromptSet>, StoreError> {
        let query =
            sqlx::query("SELECT prompts, updated_at, updated_by FROM evaluation_sets WHERE subject = $1")
                .bind(subject);
        let row = query::row(&mut *self.reader().await?, query).await?;
        row.map(|row| {
            Ok(PromptSet {
                prompts: row.json("prompts")?,
                updated_at: row.moment("updated_at")?,
                updated_by: row.text("updated_by")?,
            })
        })
        .transpose()
    }

    /// The newest `limit` runs of a subject, newest first.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Corrupt`].
    pub async fn evaluations(&self, subject: &str, limit: u32) -> Result<Vec<EvaluationRun>, StoreError> {
        let query = sqlx::query(
            "SELECT body FROM evaluation_runs WHERE subject = $1 ORDER BY begun_at DESC, id DESC LIMIT $2",
        )
        .bind(subject)
        .bind(i64::from(limit));
        query::rows(&mut *self.reader().await?, query).await?.iter().map(|row| row.json("body")).collect()
    }
}
