//! Revisions of objects and the audit log. Rows are only added, in the transaction of the change that they describe.

use std::net::IpAddr;

use app::domain::{ids::ObjectKind, timestamp::Timestamp};
use serde_json::Value;

use super::{
    Store, StoreError, Write,
    engine::query::{self, Columns as _, json, number},
};

/// A revision of an object.
#[derive(Clone, Debug, PartialEq)]
pub struct RevisionRow {
    /// Kind of the object.
    pub kind: ObjectKind,
    /// Id of the object.
    pub id: String,
    /// Number of the revision, from 1; unique for the object.
    pub revision: u64,
    /// Time of the change.
    pub at: Timestamp,
    /// The user or program that made the change.
    pub by: String,
    /// Differences from the previous revision: `[{path, from, to}]`.
    pub diff: Value,
    /// The whole object, without secrets.
    pub body: Value,
}

/// A row of the audit log.
#[derive(Clone, Debug, PartialEq)]
pub struct AuditRow {
    /// Time of the action.
    pub at: Timestamp,
    /// A user name, `token` or `system`.
    pub by: String,
    /// The client's address, if known.
    pub ip: Option<IpAddr>,
    /// The action, such as `create` or `sign_in`.
    pub action: String,
    /// Name of an [`ObjectKind`], or another such as `api_key` or `session`.
    pub kind: String,
    /// Id of the object.
    pub id: String,
    /// The revision that the action created, if any.
    pub revision: Option<u64>,
    /// Changed fields: `[{path, from, to}]`; no secrets.
    pub diff: Value,
}

impl Write {
    /// Adds a revision.
    ///
    /// # Errors
    /// [`StoreError::Taken`] if the object has a revision with this number.
    pub async fn put_revision(&mut self, row: &RevisionRow) -> Result<(), StoreError> {
        let query = sqlx::query(
            "INSERT INTO revisions (kind, object_id, revision, saved_at, saved_by, diff, body) \
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(row.kind.as_str())
        .bind(row.id.as_str())
        .bind(number(row.revision)?)
        .bind(row.at.0)
        .bind(row.by.as_str())
        .bind(json(&row.diff)?)
        .bind(json(&row.body)?);
        self.run(query).await.map(drop)
    }

    /// Adds an audit row.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn put_audit(&mut self, row: &AuditRow) -> Result<(), StoreError> {
        let query = sqlx::query(
            "INSERT INTO audit (done_at, done_by, ip, action, kind, object_id, revision, diff) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .bind(row.at.0)
        .bind(row.by.as_str())
        .bind(row.ip.map(|it| it.to_string()))
        .bind(row.action.as_str())
        .bind(row.kind.as_str())
        .bind(row.id.as_str())
        .bind(row.revision.map(number).transpose()?)
        .bind(json(&row.diff)?);
        self.run(query).await.map(drop)
    }

    pub(super) async fn delete_revisions(&mut self, kind: ObjectKind, id: &str) -> Result<(), StoreError> {
        let query = sqlx::query("DELETE FROM revisions WHERE kind = $1 AND object_id = $2")
            .bind(kind.as_str())
            .bind(id);
        self.run(query).await.map(drop)
    }
}

impl Store {
    /// The newest `limit` revisions of an object with numbers below `before`, newest first.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Corrupt`].
    pub async fn revisions(
        &self,
        kind: ObjectKind,
        id: &str,
        before: Option<u64>,
        limit: u32,
    ) -> Result<Vec<RevisionRow>, StoreError> {
        let query = sqlx::query(
            "SELECT revision, saved_at, saved_by, diff, body FROM revisions \
             WHERE kind = $1 AND object_id = $2 AND revision < $3 ORDER BY revision DESC LIMIT $4",
        )
        .bind(kind.as_str())
        .bind(id)
        .bind(before.map_or(Ok(i64::MAX), number)?)
        .bind(i64::from(limit));
        let rows = query::rows(&mut *self.reader().await?, query).await?;
        rows.iter()
            .map(|row| {
                Ok(RevisionRow {
                    kind,
                    id: id.to_owned(),
                    revision: row.number("revision")?,
                    at: row.moment("saved_at")?,
                    by: row.text("saved_by")?,
                    diff: row.json("diff")?,
                    body: row.json("body")?,
                })
            })
            .collect()
    }

    /// The newest `limit` audit rows with numbers below `before`, newest first, each with its number.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Corrupt`].
    pub async fn audit(&self, before: Option<u64>, limit: u32) -> Result<Vec<(u64, AuditRow)>, StoreError> {
        let query = sqlx::query(
            "SELECT place, done_at, done_by, ip, action, kind, object_id, revision, diff FROM audit \
             WHERE place < $1 ORDER BY place DESC LIMIT $2",
        )
        .bind(before.map_or(Ok(i64::MAX), number)?)
        .bind(i64::from(limit));
        let rows = query::rows(&mut *self.reader().await?, query).await?;
        rows.iter()
            .map(|row| {
                let audit = AuditRow {
                    at: row.moment("done_at")?,
                    by: row.text("done_by")?,
                    ip: row.maybe_ip("ip")?,
                    action: row.text("action")?,
                    kind: row.text("kind")?,
                    id: row.text("object_id")?,
                    revision: row.maybe_number("revision")?,
                    diff: row.json("diff")?,
                };
                Ok((row.number("place")?, audit))
            })
            .collect()
    }
}
