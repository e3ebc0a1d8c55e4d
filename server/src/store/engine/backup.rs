//! A copy of a SQLite file before it is migrated, beside it and for its owner alone: whoever starts an older release again
//! finds what that release left. Postgres has its own tools for that.

use std::{
    fs::{self, OpenOptions},
    io,
    os::unix::fs::OpenOptionsExt as _,
    path::PathBuf,
};

use sqlx::{AnyConnection, Row as _};

use super::query;
use crate::store::StoreError;

/// Copies the file as it is, at schema `version`, to its own name with `.before-migration-VERSION`. A copy of that name is
/// replaced: it is of the same schema, and older.
///
/// # Errors
/// [`StoreError::Unusable`] where the copy cannot be written; nothing was changed then.
pub(super) async fn before_migration(
    connection: &mut AnyConnection,
    version: i64,
) -> Result<PathBuf, StoreError> {
    let main = sqlx::query("SELECT CAST(file AS TEXT) AS file FROM pragma_database_list WHERE name = 'main'");
    let row = query::row(connection, main).await?;
    let file: String = row.ok_or(StoreError::NotFound)?.try_get("file")?;
    let copy = PathBuf::from(format!("{file}.before-migration-{version}"));
    let begun = PathBuf::from(format!("{file}.before-migration-{version}.{}", std::process::id()));
    let copied = write(connection, &begun, &copy).await;
    if copied.is_err() {
        // It may not have been begun.
        let _ = fs::remove_file(&begun);
    }
    copied.map(|()| copy)
}

async fn write(connection: &mut AnyConnection, begun: &PathBuf, copy: &PathBuf) -> Result<(), StoreError> {
    // Made here, because SQLite would make it readable for everybody; it takes a file that is empty.
    OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(begun).map_err(unusable)?;
    let name = begun.to_str().ok_or_else(|| unusable(io::ErrorKind::InvalidFilename.into()))?.to_owned();
    // As long as it takes: a large store is not given up half-way.
    sqlx::query("VACUUM INTO ?")
        .bind(name)
        .execute(connection)
        .await
        .map_err(|error| unusable(io::Error::other(error)))?;
    fs::File::open(begun).and_then(|it| it.sync_all()).map_err(unusable)?;
    fs::rename(begun, copy).map_err(unusable)
}

fn unusable(error: io::Error) -> StoreError {
    StoreError::Unusable(format!(
        "the database is to be migrated, and the copy that is made of it before cannot be written beside it: {error}"
    ))
}
