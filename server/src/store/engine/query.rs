//! Runs statements with a timeout, and reads rows into types. Holds no SQL.

use std::{net::IpAddr, time::Duration};

use app::domain::{ids::ObjectKind, timestamp::Timestamp};
use serde::{Serialize, de::DeserializeOwned};
use sqlx::{
    Any, AnyConnection, Row,
    any::{AnyArguments, AnyRow},
};

use crate::store::{Sha256, StoreError};

/// A statement with its values.
pub(in crate::store) type Query<'q> = sqlx::query::Query<'q, Any, AnyArguments>;

/// Maximum time of a statement, including the wait for a connection and a lock.
const TIMEOUT: Duration = Duration::from_secs(15);

/// Fails after [`TIMEOUT`].
pub(in crate::store) async fn bounded<T>(
    work: impl Future<Output = Result<T, sqlx::Error>>,
) -> Result<T, StoreError> {
    match tokio::time::timeout(TIMEOUT, work).await {
        Ok(result) => Ok(result?),
        Err(elapsed) => Err(StoreError::unavailable(elapsed)),
    }
}

/// Runs a statement; returns the number of affected rows.
pub(in crate::store) async fn run(
    connection: &mut AnyConnection,
    query: Query<'_>,
) -> Result<u64, StoreError> {
    Ok(bounded(query.execute(connection)).await?.rows_affected())
}

/// All rows.
pub(in crate::store) async fn rows(
    connection: &mut AnyConnection,
    query: Query<'_>,
) -> Result<Vec<AnyRow>, StoreError> {
    bounded(query.fetch_all(connection)).await
}

/// The first row, if any.
pub(in crate::store) async fn row(
    connection: &mut AnyConnection,
    query: Query<'_>,
) -> Result<Option<AnyRow>, StoreError> {
    bounded(query.fetch_optional(connection)).await
}

/// Whether there is any row.
pub(in crate::store) async fn exists(
    connection: &mut AnyConnection,
    query: Query<'_>,
) -> Result<bool, StoreError> {
    Ok(row(connection, query).await?.is_some())
}

/// A number in the range that the engines store.
pub(in crate::store) fn number(value: u64) -> Result<i64, StoreError> {
    i64::try_from(value).map_err(|_| StoreError::Corrupt(format!("the number {value} is too large to store")))
}

/// A value as JSON text.
pub(in crate::store) fn json<T: Serialize>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value)
        .map_err(|error| StoreError::Corrupt(format!("a value cannot be written as JSON: {error}")))
}

/// Reads columns of a row; errors name the column.
pub(in crate::store) trait Columns {
    fn text(&self, column: &str) -> Result<String, StoreError>;
    fn maybe_text(&self, column: &str) -> Result<Option<String>, StoreError>;
    fn number(&self, column: &str) -> Result<u64, StoreError>;
    fn maybe_number(&self, column: &str) -> Result<Option<u64>, StoreError>;
    fn moment(&self, column: &str) -> Result<Timestamp, StoreError>;
    fn maybe_moment(&self, column: &str) -> Result<Option<Timestamp>, StoreError>;
    fn maybe_bytes(&self, column: &str) -> Result<Option<Vec<u8>>, StoreError>;
    fn sha256(&self, column: &str) -> Result<Sha256, StoreError>;
    fn maybe_ip(&self, column: &str) -> Result<Option<IpAddr>, StoreError>;
    fn kind(&self, column: &str) -> Result<ObjectKind, StoreError>;
    fn json<T: DeserializeOwned>(&self, column: &str) -> Result<T, StoreError>;
    /// Parses text with `read`.
    fn read<T>(&self, column: &str, read: impl FnOnce(&str) -> Option<T>) -> Result<T, StoreError>;
}

impl Columns for AnyRow {
    fn text(&self, column: &str) -> Result<String, StoreError> {
        Ok(self.try_get(column)?)
    }

    fn maybe_text(&self, column: &str) -> Result<Option<String>, StoreError> {
        Ok(self.try_get(column)?)
    }

    fn number(&self, column: &str) -> Result<u64, StoreError> {
        u64::try_from(self.try_get::<i64, _>(column)?).map_err(|_| unexpected(column))
    }

    fn maybe_number(&self, column: &str) -> Result<Option<u64>, StoreError> {
        self.try_get::<Option<i64>, _>(column)?
            .map(|it| u64::try_from(it).map_err(|_| unexpected(column)))
            .transpose()
    }

    fn moment(&self, column: &str) -> Result<Timestamp, StoreError> {
        Ok(Timestamp(self.try_get(column)?))
    }

    fn maybe_moment(&self, column: &str) -> Result<Option<Timestamp>, StoreError> {
        Ok(self.try_get::<Option<i64>, _>(column)?.map(Timestamp))
    }

    fn maybe_bytes(&self, column: &str) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.try_get(column)?)
    }

    fn sha256(&self, column: &str) -> Result<Sha256, StoreError> {
        self.try_get::<&[u8], _>(column)?.try_into().map_err(|_| unexpected(column))
    }

    fn maybe_ip(&self, column: &str) -> Result<Option<IpAddr>, StoreError> {
        self.maybe_text(column)?.map(|text| text.parse().map_err(|_| unexpected(column))).transpose()
    }

    fn kind(&self, column: &str) -> Result<ObjectKind, StoreError> {
        self.read(column, |text| ObjectKind::ALL.into_iter().find(|kind| kind.as_str() == text))
    }

    fn json<T: DeserializeOwned>(&self, column: &str) -> Result<T, StoreError> {
        // The parser's message may quote the stored value, so only its position is reported.
        serde_json::from_str(self.try_get(column)?).map_err(|error| {
            StoreError::Corrupt(format!("column {column} cannot be read at its character {}", error.column()))
        })
    }

    fn read<T>(&self, column: &str, read: impl FnOnce(&str) -> Option<T>) -> Result<T, StoreError> {
        read(self.try_get(column)?).ok_or_else(|| unexpected(column))
    }
}

fn unexpected(column: &str) -> StoreError {
    StoreError::Corrupt(format!("column {column} has an invalid value"))
}
