//! A change of the store: one transaction, the only one at its time. What it can change stands with each area.

use sqlx::{Any, AnyPool, Transaction, any::AnyRow};

use super::{
    Loaded, StoreError,
    engine::{
        Engine,
        query::{self, Query, bounded},
    },
    loaded,
};

/// A change under way. Dropping it rolls everything back.
///
/// After an error of any of its methods, [`StoreError::NotFound`] aside, only dropping it is left: the engines differ
/// in what still works then, so [`Write::commit`] refuses. Abandoning a commit half-way leaves it open whether it
/// was done, so run a write where nobody can cancel it.
#[derive(Debug)]
pub struct Write {
    engine: Engine,
    tx: Transaction<'static, Any>,
    /// A statement failed, or was abandoned before it answered.
    broken: bool,
}

impl Write {
    pub(super) async fn begin(engine: Engine, writer: &AnyPool) -> Result<Self, StoreError> {
        let mut tx = bounded(writer.begin_with(engine.begin_write())).await?;
        engine.lock(&mut tx).await?;
        Ok(Self { engine, tx, broken: false })
    }

    /// Everything as it is now; nobody else can change it before this write ends.
    ///
    /// # Errors
    /// As [`crate::store::Store::load`].
    pub async fn load(&mut self) -> Result<Loaded, StoreError> {
        self.broken = true;
        let loaded = loaded::load(&mut self.tx).await?;
        self.broken = false;
        Ok(loaded)
    }

    /// Counts one change of the whole configuration; answers with the new version.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn bump_version(&mut self) -> Result<u64, StoreError> {
        self.run(sqlx::query(
            "UPDATE meta SET value = CAST(CAST(value AS BIGINT) + 1 AS TEXT) WHERE key = 'version'",
        ))
        .await?;
        self.broken = true;
        let version = loaded::version(&mut self.tx).await?;
        self.broken = false;
        Ok(version)
    }

    /// Makes the change last: once this answers `Ok`, it survives a power cut.
    ///
    /// # Errors
    /// [`StoreError::Broken`] after an earlier error; [`StoreError::Unavailable`] where the commit failed or its
    /// answer was lost.
    pub async fn commit(self) -> Result<(), StoreError> {
        // Postgres answers a commit after a failed statement with success, having rolled back.
        if self.broken {
            return Err(StoreError::Broken);
        }
        bounded(self.tx.commit()).await
    }

    pub(super) fn engine(&self) -> Engine {
        self.engine
    }

    pub(super) async fn run(&mut self, query: Query<'_>) -> Result<u64, StoreError> {
        self.broken = true;
        let touched = query::run(&mut self.tx, query).await?;
        self.broken = false;
        Ok(touched)
    }

    /// Runs a statement that must touch a row.
    pub(super) async fn run_on_one(&mut self, query: Query<'_>) -> Result<(), StoreError> {
        match self.run(query).await? {
            0 => Err(StoreError::NotFound),
            _ => Ok(()),
        }
    }

    pub(super) async fn rows(&mut self, query: Query<'_>) -> Result<Vec<AnyRow>, StoreError> {
        self.broken = true;
        let rows = query::rows(&mut self.tx, query).await?;
        self.broken = false;
        Ok(rows)
    }
}
