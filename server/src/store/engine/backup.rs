//! Backup of a SQLite file before a migration, beside it and readable by its owner only. It lets an operator return to
//! the older release. Postgres has its own tools.

use std::{
    fs::{self, OpenOptions},
    io,
    os::unix::fs::OpenOptionsExt as _,
    path::PathBuf,
};

use sqlx::{AnyConnection, Row as _};

use super::query;
use crate::store::StoreError;

/// Copies the file at schema `version` to its own name with `.before-migration-VERSION`. An existing copy of that name
/// is replaced: it has the same schema and is older.
///
/// # Errors
/// [`StoreError::Unusable`] if the copy cannot be written; nothing was changed then.
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
        // The file may not exist.
        let _ = fs::remove_file(&begun);
    }
    copied.map(|()| copy)
}

async fn write(connection: &mut AnyConnection, begun: &PathBuf, copy: &PathBuf) -> Result<(), StoreError> {
    // Created here, because SQLite would make it readable for everyone; SQLite accepts an empty file.
    OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(begun).map_err(unusable)?;
    let name = begun.to_str().ok_or_else(|| unusable(io::ErrorKind::InvalidFilename.into()))?.to_owned();
    // Without a timeout: a large store takes its time.
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
        "the database must be migrated, but its backup cannot be written beside it: {error}"
    ))
}
