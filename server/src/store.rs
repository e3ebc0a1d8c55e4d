//! What is remembered: configuration, history, people and their drafts, the request log, in SQLite or Postgres.
//!
//! One implementation over SQL that both engines take; the differences are in `engine`. Unique indexes and foreign
//! keys are the judges of names and references. Changes happen only inside a [`Write`], one at a time over all
//! processes, so a rule that was checked inside of it still holds when it commits.
//!
//! The store knows no rule of the domain, opens no sealed key, and is never asked during a call of the data plane.

mod api_keys;
mod drafts;
mod engine;
mod evaluations;
mod flash_messages;
mod history;
mod loaded;
mod meta;
mod objects;
mod requests;
mod sealed;
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
    loaded::Loaded,
    meta::SETUP_TOKENS,
    objects::Object,
    sealed::{SEALED, SealedRow},
    users::{User, sessions::Session},
    write::Write,
};

use self::engine::{
    Engine,
    query::{self, bounded},
};

/// How long who only wants to know whether the store is there waits for it: probes commonly wait a second themselves.
const SOON: Duration = Duration::from_millis(500);

/// A SHA-256 of a key or token; what is remembered in its place.
pub type Sha256 = [u8; 32];

/// An open store. Clones share its connections.
#[derive(Clone, Debug)]
pub struct Store {
    engine: Engine,
    /// One connection: writes of this process stand in line for it.
    writer: AnyPool,
    /// A few connections that cannot write.
    readers: AnyPool,
}

impl Store {
    /// Opens the store and brings its schema up to date.
    ///
    /// `url` is `sqlite://` and a path, taken as it stands and made owner-only where there is no such file yet, or
    /// `postgres://…`.
    ///
    /// # Errors
    /// [`StoreError::Newer`] where a newer release has migrated it, [`StoreError::Unusable`] with what to do where
    /// the address or the place cannot work, [`StoreError::Unavailable`] where it cannot be reached now.
    pub async fn open(url: &str) -> Result<Self, StoreError> {
        let (engine, options) = engine::read_url(url)?;
        engine.examine(&options).await?;
        let writer = engine.writer(options.clone());
        engine::migrate::run(engine, &writer).await?;
        Ok(Self { engine, writer, readers: engine.readers(options) })
    }

    /// Opens a store that is there, for reading: makes no file and migrates nothing.
    ///
    /// # Errors
    /// As [`Store::open`]; [`StoreError::Missing`] where there is none, [`StoreError::Older`] where this release would
    /// have to migrate it first.
    pub async fn open_present(url: &str) -> Result<Self, StoreError> {
        engine::require_present(url)?;
        let (engine, options) = engine::read_url(url)?;
        engine.examine(&options).await?;
        let store = Self { engine, writer: engine.writer(options.clone()), readers: engine.readers(options) };
        engine::migrate::require_current(engine, &mut *store.reader().await?).await?;
        Ok(store)
    }

    /// Whether the store answers within half a second.
    pub async fn is_reachable(&self) -> bool {
        tokio::time::timeout(SOON, self.ping()).await.is_ok_and(|answer| answer.is_ok())
    }

    /// Whether the store answers; reads nothing.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn ping(&self) -> Result<(), StoreError> {
        let mut reader = self.reader().await?;
        query::run(&mut reader, sqlx::query("SELECT 1")).await.map(drop)
    }

    /// Everything that the data plane is compiled from, as of one moment.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], or [`StoreError::Corrupt`] where a row cannot be read.
    pub async fn load(&self) -> Result<Loaded, StoreError> {
        let mut tx = bounded(self.readers.begin_with(self.engine.begin_read())).await?;
        let loaded = loaded::load(&mut tx).await?;
        bounded(tx.commit()).await?;
        Ok(loaded)
    }

    /// Counts the saved changes of the whole, as [`Self::load`] would tell it.
    ///
    /// # Errors
    /// As [`Self::load`].
    pub async fn version(&self) -> Result<u64, StoreError> {
        loaded::version(&mut *self.reader().await?).await
    }

    /// Begins a change. It waits its turn, 5 s at most in this process and 5 s for other processes.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where the turn does not come or the store is away.
    pub async fn write(&self) -> Result<Write, StoreError> {
        Write::begin(self.engine, &self.writer).await
    }

    /// Waits for what is under way and closes every connection.
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

    /// A full disk, as SQLite meets it: the file may not grow.
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
