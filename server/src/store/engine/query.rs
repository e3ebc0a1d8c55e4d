//! Running statements within a bound, and reading rows into types. No SQL stands here.

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

/// The longest that anything may take, waiting for a connection and a lock included.
const BOUND: Duration = Duration::from_secs(15);

/// Gives up after [`BOUND`].
pub(in crate::store) async fn bounded<T>(
    work: impl Future<Output = Result<T, sqlx::Error>>,
) -> Result<T, StoreError> {
    match tokio::time::timeout(BOUND, work).await {
        Ok(result) => Ok(result?),
        Err(elapsed) => Err(StoreError::unavailable(elapsed)),
    }
}

/// Runs a statement; answers with the number of rows that it touched.
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

/// The first row, where there is one.
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

/// A number as the engines keep it.
pub(in crate::store) fn number(value: u64) -> Result<i64, StoreError> {
    i64::try_from(value).map_err(|_| StoreError::Corrupt(format!("the number {value} is too large to keep")))
}

/// A value as JSON text.
pub(in crate::store) fn json<T: Serialize>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value)
        .map_err(|error| StoreError::Corrupt(format!("a value cannot be written as JSON: {error}")))
}

/// Reading columns of a row; each error names the column.
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
    /// Text that `read` understands.
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
        u64::try_from(self.try_get::<i64, _>(column)?).map_err(|_| odd(column))
    }

    fn maybe_number(&self, column: &str) -> Result<Option<u64>, StoreError> {
        self.try_get::<Option<i64>, _>(column)?
            .map(|it| u64::try_from(it).map_err(|_| odd(column)))
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
        self.try_get::<&[u8], _>(column)?.try_into().map_err(|_| odd(column))
    }

    fn maybe_ip(&self, column: &str) -> Result<Option<IpAddr>, StoreError> {
        self.maybe_text(column)?.map(|text| text.parse().map_err(|_| odd(column))).transpose()
    }

    fn kind(&self, column: &str) -> Result<ObjectKind, StoreError> {
        self.read(column, |text| ObjectKind::ALL.into_iter().find(|kind| kind.as_str() == text))
    }

    fn json<T: DeserializeOwned>(&self, column: &str) -> Result<T, StoreError> {
        // The parser's own words may quote what is stored; only its place is told.
        serde_json::from_str(self.try_get(column)?).map_err(|error| {
            StoreError::Corrupt(format!("column {column} cannot be read at its character {}", error.column()))
        })
    }

    fn read<T>(&self, column: &str, read: impl FnOnce(&str) -> Option<T>) -> Result<T, StoreError> {
        read(self.try_get(column)?).ok_or_else(|| odd(column))
    }
}

fn odd(column: &str) -> StoreError {
    StoreError::Corrupt(format!("column {column} holds something else than it should"))
}
