//! Bringing the schema forward: all pending migrations in one transaction, under the lock of every write, so that
//! two processes that start together do not meet and a process killed half-way leaves nothing behind.

use sqlx::{
    AnyPool,
    migrate::{MigrateError, Migrator},
};

use super::{StoreError, engine::Engine, query::bounded};

/// Applies what is missing; refuses a schema that a newer release has made.
pub(super) async fn run(engine: Engine, writer: &AnyPool) -> Result<(), StoreError> {
    let mut migrator = migrations(engine);
    // Our own lock below also covers the commit, which the library's would not.
    migrator.set_locking(false);
    let known = migrator.iter().map(|it| it.version).max().unwrap_or_default();

    let mut tx = bounded(writer.begin_with(engine.begin_write())).await?;
    engine.lock(&mut tx).await?;
    migrator.run_direct(None, &mut *tx, false).await.map_err(|error| refusal(error, known))?;
    bounded(tx.commit()).await
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
