//! A change of the store: one transaction, and only one at a time. The operations are in the modules of each subject.

use app::domain::config::configuration::Configuration;
use sqlx::{Any, AnyPool, Transaction, any::AnyRow};

use super::{
    StoreError, StoredState,
    engine::{
        Engine,
        query::{self, Query, bounded},
    },
    state::{self, Earlier},
};

/// Balancers that are read one by one; of more, all are read.
const CHANGED_AT_MOST: usize = 64;

/// A change in progress. Dropping it rolls everything back.
///
/// After an error of any method except [`StoreError::NotFound`], it can only be dropped: the engines differ in what
/// still works, so [`Write::commit`] refuses. If a commit is abandoned halfway, its outcome is unknown, so run writes
/// where they cannot be cancelled.
#[derive(Debug)]
pub struct Write {
    engine: Engine,
    tx: Transaction<'static, Any>,
    /// A statement failed, or was abandoned before its answer.
    broken: bool,
}

impl Write {
    pub(super) async fn begin(engine: Engine, writer: &AnyPool) -> Result<Self, StoreError> {
        let mut tx = bounded(writer.begin_with(engine.begin_write())).await?;
        engine.lock(&mut tx).await?;
        Ok(Self { engine, tx, broken: false })
    }

    /// The current state; nobody else can change it before this write ends.
    ///
    /// # Errors
    /// As [`crate::store::Store::load`].
    pub async fn load(&mut self) -> Result<StoredState, StoreError> {
        self.load_over(None).await
    }

    /// As [`Self::load`], but doesn't read balancers again that `known`, a configuration as it was loaded before, has
    /// already if it is of the current version.
    ///
    /// # Errors
    /// As [`crate::store::Store::load`].
    pub async fn load_knowing(&mut self, known: &Configuration) -> Result<StoredState, StoreError> {
        self.load_over(Some(Earlier { configuration: known, version: known.version, changed: &[] })).await
    }

    /// As [`Self::load`] after this write has incremented the version of `before` and written, of the balancers, those
    /// that are `changed`; only these are read again.
    ///
    /// # Errors
    /// As [`crate::store::Store::load`].
    pub async fn load_changed(
        &mut self,
        before: &Configuration,
        changed: &[&str],
    ) -> Result<StoredState, StoreError> {
        let few = changed.len() <= CHANGED_AT_MOST;
        let earlier = Earlier { configuration: before, version: before.version + 1, changed };
        self.load_over(Some(earlier).filter(|_| few)).await
    }

    async fn load_over(&mut self, earlier: Option<Earlier<'_>>) -> Result<StoredState, StoreError> {
        self.broken = true;
        let loaded = state::load(&mut self.tx, earlier).await?;
        self.broken = false;
        Ok(loaded)
    }

    /// Increments the version of the configuration and returns it.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn bump_version(&mut self) -> Result<u64, StoreError> {
        self.run(sqlx::query(
            "UPDATE meta SET value = CAST(CAST(value AS BIGINT) + 1 AS TEXT) WHERE key = 'version'",
        ))
        .await?;
        self.broken = true;
        let version = state::version(&mut self.tx).await?;
        self.broken = false;
        Ok(version)
    }

    /// Commits the change. After `Ok`, it survives a power cut.
    ///
    /// # Errors
    /// [`StoreError::Broken`] after an earlier error; [`StoreError::Unavailable`] if the commit failed or its answer
    /// was lost.
    pub async fn commit(self) -> Result<(), StoreError> {
        // Postgres answers a commit after a failed statement with success, although it has rolled back.
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

    /// Runs a statement that must affect a row.
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
