//! Errors of the store, in the few kinds that callers distinguish, and the mapping from each engine's errors.

use sqlx::error::DatabaseError;

/// The unique field that a row collided on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TakenField {
    /// The name, without regard to case.
    Name,
    /// The serving name of a balancer, without regard to case.
    ServingName,
    /// The id, or another identifier of the row.
    Id,
}

/// An error of the store.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The store cannot be reached or cannot write now: locked, full, read-only, connection lost. The outcome of a
    /// failed commit is unknown; nothing else was saved.
    #[error("the store is unavailable")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Another row has the same name or id. If several collide, the first in the order of [`TakenField`].
    #[error("{0:?} is taken")]
    Taken(TakenField),
    /// Others refer to the deleted row, or the row refers to one that does not exist.
    #[error("a reference prevents the change")]
    Referenced,
    /// There is no such row, or it belongs to another user.
    #[error("there is no such row")]
    NotFound,
    /// The row was changed since the revision that the change was made from. Nothing of this statement was done.
    #[error("the row was changed meanwhile")]
    Changed,
    /// A statement of this write failed earlier, so it cannot be committed. Nothing was saved.
    #[error("an earlier statement of this write failed; nothing was saved")]
    Broken,
    /// A newer release has migrated the store.
    #[error(
        "the store's schema has version {found}, but this release knows only {known}: \
         start the release that migrated it, or restore a backup from before"
    )]
    Newer {
        /// The newest migration in the store.
        found: i64,
        /// The newest migration of this release.
        known: i64,
    },
    /// Nothing is stored yet. The text says what is missing.
    #[error("{0}; serve creates it at its first start")]
    Missing(String),
    /// An older release created the store, and only `serve` may migrate it.
    #[error(
        "the store's schema has version {found}, but this release needs {known}: start serve once to migrate it"
    )]
    Older {
        /// The newest migration in the store.
        found: i64,
        /// The newest migration of this release.
        known: i64,
    },
    /// A stored value is invalid. The text names the place, never the content.
    #[error("the store is damaged: {0}")]
    Corrupt(String),
    /// The address or the location cannot work. The text says why and what to do.
    #[error("{0}")]
    Unusable(String),
}

impl StoreError {
    /// Whether a later retry may help; answered with 503.
    pub fn is_unavailable(&self) -> bool {
        matches!(self, Self::Unavailable(_))
    }

    /// An error because `source` prevents the store from answering.
    pub(in crate::store) fn unavailable(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Unavailable(source.into())
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Database(inner) if inner.is_unique_violation() => {
                Self::Taken(taken_field(inner.as_ref()))
            }
            sqlx::Error::Database(inner) if inner.is_foreign_key_violation() => Self::Referenced,
            sqlx::Error::Database(inner) if is_corruption(inner.as_ref()) => Self::Corrupt(inner.to_string()),
            sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) | sqlx::Error::ColumnNotFound(_) => {
                Self::Corrupt(error.to_string())
            }
            _ => Self::unavailable(error),
        }
    }
}

/// Postgres reports the index; SQLite only reports `UNIQUE constraint failed: table.column`. The migrations name each
/// index `table_column`, so both give the same name.
fn taken_field(error: &dyn DatabaseError) -> TakenField {
    let index = error.message().rsplit(": ").next().unwrap_or_default().replace('.', "_");
    match error.constraint().unwrap_or(&index) {
        "instances_name_key" | "target_groups_name" | "balancers_name_key" | "users_name_key" => {
            TakenField::Name
        }
        "balancers_serving_key" => TakenField::ServingName,
        _ => TakenField::Id,
    }
}

/// `SQLITE_CORRUPT` and `SQLITE_NOTADB`, extended codes included; Postgres' `data_corrupted` and
/// `index_corrupted`. (<https://www.sqlite.org/rescode.html>, Postgres manual, appendix A)
fn is_corruption(error: &dyn DatabaseError) -> bool {
    let Some(code) = error.code() else { return false };
    match code.parse::<u32>() {
        Ok(number) if code.len() < 5 => matches!(number & 0xff, 11 | 26),
        _ => matches!(&*code, "XX001" | "XX002"),
    }
}
