//! The store: configuration, history, people and their drafts, the request log, in SQLite or Postgres.
//!
//! Both engines share one implementation over SQL; their differences are in `engine`. Unique indexes and foreign keys
//! enforce names and references. Changes only happen inside a [`Write`], one at a time across all processes, so a rule
//! that was checked inside it still holds when it commits.
//!
//! The store knows no rule of the domain, opens no sealed key, and is never used during a call of the data plane.

mod api_keys;
mod drafts;
mod engine;
mod evaluations;
mod flash_messages;
mod history;
mod meta;
mod objects;
pub mod requests;
mod sealed;
mod state;
mod users;
mod write;

use std::time::Duration;

use sqlx::{Any, AnyPool, pool::PoolConnection};

pub use self::{
    api_keys::StoredApiKey,
    drafts::DRAFTS_OF_A_USER,
    engine::error::{StoreError, TakenField},
    evaluations::{LatestRun, RUNS_OF_A_SUBJECT},
    flash_messages::{BYTES_OF_A_USER, MESSAGES_OF_A_USER, SealedFlash},
    history::{AuditRow, RevisionRow},
    meta::SETUP_TOKENS,
    sealed::{SEALED, SealedRow},
    state::StoredState,
    users::{User, sessions::Session},
    write::Write,
};

use self::engine::{
    Engine,
    query::{self, bounded},
};

/// Timeout of the reachability check: probes commonly wait only a second.
const PROBE_TIMEOUT: Duration = Duration::from_millis(500);

/// SHA-256 of a key or token, which is stored in its place.
pub type Sha256 = [u8; 32];

/// An open store. Clones share its connections.
#[derive(Clone, Debug)]
pub struct Store {
    engine: Engine,
    /// One connection: writes of this process queue for it.
    writer: AnyPool,
    /// A few read-only connections.
    readers: AnyPool,
}

impl Store {
    /// Opens the store and migrates its schema.
    ///
    /// `url` is `postgres://…`, or `sqlite://` and a path, which is taken literally; a new file is readable by its
    /// owner only.
    ///
    /// # Errors
    /// [`StoreError::Newer`] if a newer release has migrated it, [`StoreError::Unusable`] with instructions if the
    /// address or location cannot work, [`StoreError::Unavailable`] if it cannot be reached now.
    pub async fn open(url: &str) -> Result<Self, StoreError> {
        let (engine, options) = engine::read_url(url)?;
        engine.check_connection(&options).await?;
        let writer = engine.writer(options.clone());
        engine::migrate::run(engine, &writer).await?;
        Ok(Self { engine, writer, readers: engine.readers(options) })
    }

    /// Opens an existing store for reading: creates no file and migrates nothing.
    ///
    /// # Errors
    /// As [`Store::open`]; [`StoreError::Missing`] if there is none, [`StoreError::Older`] if this release would have
    /// to migrate it first.
    pub async fn open_present(url: &str) -> Result<Self, StoreError> {
        engine::require_present(url)?;
        let (engine, options) = engine::read_url(url)?;
        engine.check_connection(&options).await?;
        let store = Self { engine, writer: engine.writer(options.clone()), readers: engine.readers(options) };
        engine::migrate::require_current(engine, &mut *store.reader().await?).await?;
        Ok(store)
    }

    /// Whether the store answers within half a second.
    pub async fn is_reachable(&self) -> bool {
        tokio::time::timeout(PROBE_TIMEOUT, self.ping()).await.is_ok_and(|answer| answer.is_ok())
    }

    /// Whether the store answers; reads nothing.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn ping(&self) -> Result<(), StoreError> {
        let mut reader = self.reader().await?;
        query::run(&mut reader, sqlx::query("SELECT 1")).await.map(drop)
    }

    /// Everything that the data plane is compiled from, as one consistent state.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], or [`StoreError::Corrupt`] if a row cannot be read.
    pub async fn load(&self) -> Result<StoredState, StoreError> {
        let mut tx = bounded(self.readers.begin_with(self.engine.begin_read())).await?;
        let loaded = state::load(&mut tx, None).await?;
        bounded(tx.commit()).await?;
        Ok(loaded)
    }

    /// The API keys, ordered by id.
    ///
    /// # Errors
    /// As [`Self::load`].
    pub async fn api_keys(&self) -> Result<Vec<StoredApiKey>, StoreError> {
        api_keys::all(&mut *self.reader().await?).await
    }

    /// Version of the configuration; each change increments it.
    ///
    /// # Errors
    /// As [`Self::load`].
    pub async fn version(&self) -> Result<u64, StoreError> {
        state::version(&mut *self.reader().await?).await
    }

    /// Starts a change. Waits up to 5 s for other writes of this process and 5 s for other processes.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the wait times out or the store cannot be reached.
    pub async fn write(&self) -> Result<Write, StoreError> {
        Write::begin(self.engine, &self.writer).await
    }

    /// Waits for pending operations and closes all connections.
    pub async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }

    async fn reader(&self) -> Result<PoolConnection<Any>, StoreError> {
        bounded(self.readers.acquire()).await
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    /// A full disk, as SQLite experiences it: the file cannot grow.
    #[tokio::test]
    async fn a_full_disk_is_unavailable_and_heals_when_there_is_space() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&format!("sqlite://{}/s.db", folder.path().display())).await.unwrap();
        let fill = async || {
            let mut write = store.write().await?;
            write.set_key_check(&[0; 1 << 20]).await?;
            write.commit().await
        };
        let before = store.load().await.unwrap();
        sqlx::query("PRAGMA max_page_count = 1").execute(&store.writer).await.unwrap();
        let refused = fill().await.unwrap_err();
        assert!(refused.is_unavailable(), "{refused:?}");
        assert_eq!(store.load().await.unwrap(), before);
        assert_eq!(store.key_check().await.unwrap(), None);

        sqlx::query("PRAGMA max_page_count = 1000000").execute(&store.writer).await.unwrap();
        fill().await.unwrap();
    }
}
