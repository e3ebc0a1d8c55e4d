//! Migrations of the schema. All pending ones run in one transaction under the write lock, so processes that start
//! together do not collide and a killed process leaves nothing behind.

use std::cmp::Ordering;

use sqlx::{
    AnyConnection, AnyPool, Row as _,
    migrate::{MigrateError, Migrator},
};

use super::{
    Engine, backup,
    query::{self, bounded},
};
use crate::store::StoreError;

/// Applies pending migrations; refuses a schema of a newer release. A SQLite file that is not empty is backed up first.
pub(in crate::store) async fn run(engine: Engine, writer: &AnyPool) -> Result<(), StoreError> {
    let mut migrator = migrations(engine);
    // Our own lock below also covers the commit, which the library's would not.
    migrator.set_locking(false);
    let known = migrator.iter().map(|it| it.version).max().unwrap_or_default();

    if engine == Engine::Sqlite {
        let mut connection = bounded(writer.acquire()).await?;
        if let Some(found) = applied(engine, &mut connection).await?.filter(|found| *found < known) {
            let copy = backup::before_migration(&mut connection, found).await?;
            tracing::info!(copy = %copy.display(), "migrating the store; a backup was written");
        }
    }
    let mut tx = bounded(writer.begin_with(engine.begin_write())).await?;
    engine.lock(&mut tx).await?;
    migrator.run_direct(None, &mut *tx, false).await.map_err(|error| refusal(error, known))?;
    bounded(tx.commit()).await
}

/// Refuses a schema that is not this release's.
pub(in crate::store) async fn require_current(
    engine: Engine,
    reader: &mut AnyConnection,
) -> Result<(), StoreError> {
    let known = migrations(engine).iter().map(|it| it.version).max().unwrap_or_default();
    let Some(found) = applied(engine, reader).await? else {
        return Err(StoreError::Missing("the database is empty".to_owned()));
    };
    match found.cmp(&known) {
        Ordering::Less => Err(StoreError::Older { found, known }),
        Ordering::Equal => Ok(()),
        Ordering::Greater => Err(StoreError::Newer { found, known }),
    }
}

/// The newest applied migration; `None` if the store is empty.
async fn applied(engine: Engine, connection: &mut AnyConnection) -> Result<Option<i64>, StoreError> {
    let table = match engine {
        Engine::Sqlite => "SELECT name FROM sqlite_master WHERE type = 'table' AND name = '_sqlx_migrations'",
        Engine::Postgres => {
            "SELECT CAST(tablename AS TEXT) FROM pg_catalog.pg_tables WHERE tablename = '_sqlx_migrations'"
        }
    };
    if query::row(connection, sqlx::query(table)).await?.is_none() {
        return Ok(None);
    }
    let newest = sqlx::query("SELECT CAST(MAX(version) AS BIGINT) AS version FROM _sqlx_migrations");
    match query::row(connection, newest).await? {
        Some(row) => Ok(row.try_get("version")?),
        None => Ok(None),
    }
}

fn migrations(engine: Engine) -> Migrator {
    match engine {
        Engine::Sqlite => sqlx::migrate!("../migrations/sqlite"),
        Engine::Postgres => sqlx::migrate!("../migrations/postgres"),
    }
}

fn refusal(error: MigrateError, known: i64) -> StoreError {
    match error {
        MigrateError::VersionMissing(found) if found > known => StoreError::Newer { found, known },
        MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => error.into(),
        other => StoreError::Corrupt(other.to_string()),
    }
}
