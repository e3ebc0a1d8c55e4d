//! Why the store refused, in the few kinds that callers act on. Knows how each engine words them.

use sqlx::error::DatabaseError;

/// What a new or changed row collided on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TakenField {
    /// The name, without regard to case.
    Name,
    /// The serving name of a balancer, without regard to case.
    ServingName,
    /// The id, or whatever else identifies the row.
    Id,
}

/// A refusal of the store.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// It cannot be reached, or it cannot write now: locked, full, read-only, connection lost. Whatever a failed
    /// commit was about may or may not be saved; everything else was not.
    #[error("the store is not available now")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Another row holds the same name or id. Where several are held, the first in the order of [`TakenField`].
    #[error("{0:?} is taken")]
    Taken(TakenField),
    /// A reference stands in the way: others refer to the deleted row, or the row refers to what is not there.
    #[error("a reference stands in the way")]
    Referenced,
    /// There is no such row, or it belongs to somebody else.
    #[error("there is no such row")]
    NotFound,
    /// The row was changed since the revision that the change was made from. Nothing of this statement was done.
    #[error("the row was changed meanwhile")]
    Changed,
    /// A statement of this write failed before, so it cannot be committed any more. Nothing was saved.
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
    /// There is nothing stored yet. The text says where it was looked for.
    #[error("{0}; serve makes it at its first start")]
    Missing(String),
    /// An older release has made the store, and only `serve` may bring it up to date.
    #[error(
        "the store's schema has version {found}, and this release needs {known}: start serve once, which brings it up to date"
    )]
    Older {
        /// The newest migration in the store.
        found: i64,
        /// The newest migration of this release.
        known: i64,
    },
    /// What is stored cannot be what this program wrote. The text names the place, never the content.
    #[error("the store is damaged: {0}")]
    Corrupt(String),
    /// The address or the place cannot work, whatever the time. The text says why and what to do.
    #[error("{0}")]
    Unusable(String),
}

impl StoreError {
    /// Whether trying again later may help; answered with 503.
    pub fn is_unavailable(&self) -> bool {
        matches!(self, Self::Unavailable(_))
    }

    /// A refusal because `source` keeps the store from answering.
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
            sqlx::Error::Database(inner) if is_damage(inner.as_ref()) => Self::Corrupt(inner.to_string()),
            sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) | sqlx::Error::ColumnNotFound(_) => {
                Self::Corrupt(error.to_string())
            }
            _ => Self::unavailable(error),
        }
    }
}

/// Postgres names the index; SQLite only says `UNIQUE constraint failed: table.column`. The migrations name each
/// index `table_column`, so that both come to the same word.
fn taken_field(error: &dyn DatabaseError) -> TakenField {
    let said = error.message().rsplit(": ").next().unwrap_or_default().replace('.', "_");
    match error.constraint().unwrap_or(&said) {
        "instances_name_key" | "target_groups_name" | "balancers_name_key" | "users_name_key" => {
            TakenField::Name
        }
        "balancers_serving_key" => TakenField::ServingName,
        _ => TakenField::Id,
    }
}

/// `SQLITE_CORRUPT` and `SQLITE_NOTADB`, extended codes included; Postgres' `data_corrupted` and
/// `index_corrupted`. (<https://www.sqlite.org/rescode.html>, Postgres manual, appendix A)
fn is_damage(error: &dyn DatabaseError) -> bool {
    let Some(code) = error.code() else { return false };
    match code.parse::<u32>() {
        Ok(number) if code.len() < 5 => matches!(number & 0xff, 11 | 26),
        _ => matches!(&*code, "XX001" | "XX002"),
    }
}
