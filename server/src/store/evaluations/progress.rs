//! The latest run of each subject: how far it is, and whether somebody stopped it. All replicas share it.

use app::domain::{console::evaluation::Progress, timestamp::Timestamp};
use sqlx::any::AnyRow;

use super::super::{
    Store, StoreError, Write,
    query::{self, Columns as _},
};

/// The latest run of a subject.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LatestRun {
    /// The id of a balancer or of a draft.
    pub subject: String,
    /// The run's id, `eval_…`.
    pub run_id: String,
    /// How far it is.
    pub progress: Progress,
    /// Whether it has ended. If it has not, and is not touched any more, its replica died.
    pub has_ended: bool,
    /// When its replica last reported.
    pub touched_at: Timestamp,
}

impl Write {
    /// The subjects of the runs that have not ended and were touched at `since` or later.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn active_evaluations(&mut self, since: Timestamp) -> Result<Vec<String>, StoreError> {
        let query =
            sqlx::query("SELECT subject FROM evaluation_progress WHERE touched_at >= $1 AND ended = 0")
                .bind(since.0);
        self.rows(query).await?.iter().map(|row| row.text("subject")).collect()
    }

    /// Makes a run the latest one of its subject.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn begin_evaluation(&mut self, run: &LatestRun) -> Result<(), StoreError> {
        let begin = sqlx::query(
            "INSERT INTO evaluation_progress \
                 (subject, run_id, planned, done, correct, stopping, ended, touched_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8) \
             ON CONFLICT (subject) DO UPDATE SET run_id = excluded.run_id, planned = excluded.planned, \
                 done = excluded.done, correct = excluded.correct, stopping = excluded.stopping, \
                 ended = excluded.ended, touched_at = excluded.touched_at",
        )
        .bind(run.subject.as_str())
        .bind(run.run_id.as_str())
        .bind(count(run.progress.planned)?)
        .bind(count(run.progress.done)?)
        .bind(count(run.progress.correct)?)
        .bind(i64::from(run.progress.stopping))
        .bind(i64::from(run.has_ended))
        .bind(run.touched_at.0);
        self.run(begin).await.map(drop)
    }

    /// Reports how far a run is; answers with its row. `None` if it has ended, or is not the latest one of any subject: it
    /// was replaced or deleted.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Corrupt`].
    pub async fn report_evaluation(
        &mut self,
        run_id: &str,
        progress: &Progress,
        has_ended: bool,
        at: Timestamp,
    ) -> Result<Option<LatestRun>, StoreError> {
        let report = sqlx::query(
            "UPDATE evaluation_progress SET done = $2, correct = $3, ended = $4, touched_at = $5 \
             WHERE run_id = $1 AND ended = 0 \
             RETURNING subject, run_id, planned, done, correct, stopping, ended, touched_at",
        )
        .bind(run_id)
        .bind(count(progress.done)?)
        .bind(count(progress.correct)?)
        .bind(i64::from(has_ended))
        .bind(at.0);
        self.rows(report).await?.first().map(read).transpose()
    }

    /// Asks the replica that runs the latest run of a subject to stop it; nothing if it has ended.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn stop_evaluation(&mut self, subject: &str) -> Result<(), StoreError> {
        let stop =
            sqlx::query("UPDATE evaluation_progress SET stopping = 1 WHERE subject = $1 AND ended = 0")
                .bind(subject);
        self.run(stop).await.map(drop)
    }
}

impl Store {
    /// The latest run of a subject, ended or not.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Corrupt`].
    pub async fn latest_evaluation(&self, subject: &str) -> Result<Option<LatestRun>, StoreError> {
        let query = sqlx::query(
            "SELECT subject, run_id, planned, done, correct, stopping, ended, touched_at \
             FROM evaluation_progress WHERE subject = $1",
        )
        .bind(subject);
        query::row(&mut *self.reader().await?, query).await?.as_ref().map(read).transpose()
    }

    /// The runs of all subjects that were touched at `since` or later, the last `limit` of them.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Corrupt`].
    pub async fn recent_evaluations(
        &self,
        since: Timestamp,
        limit: u32,
    ) -> Result<Vec<LatestRun>, StoreError> {
        let query = sqlx::query(
            "SELECT subject, run_id, planned, done, correct, stopping, ended, touched_at \
             FROM evaluation_progress WHERE touched_at >= $1 ORDER BY touched_at DESC LIMIT $2",
        )
        .bind(since.0)
        .bind(i64::from(limit));
        query::rows(&mut *self.reader().await?, query).await?.iter().map(read).collect()
    }
}

fn read(row: &AnyRow) -> Result<LatestRun, StoreError> {
    let count =
        |column: &str| Ok::<_, StoreError>(usize::try_from(row.number(column)?).unwrap_or(usize::MAX));
    Ok(LatestRun {
        subject: row.text("subject")?,
        run_id: row.text("run_id")?,
        progress: Progress {
            done: count("done")?,
            correct: count("correct")?,
            planned: count("planned")?,
            stopping: row.number("stopping")? != 0,
        },
        has_ended: row.number("ended")? != 0,
        touched_at: row.moment("touched_at")?,
    })
}

fn count(value: usize) -> Result<i64, StoreError> {
    query::number(value as u64)
}
