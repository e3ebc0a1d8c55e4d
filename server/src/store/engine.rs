//! The differences of the two engines: how they are reached, set up, locked and begun.

use std::{fs::OpenOptions, io::ErrorKind, os::unix::fs::OpenOptionsExt, str::FromStr, time::Duration};

use sqlx::{
    AnyConnection, AnyPool, Executor, Row,
    any::{AnyConnectOptions, AnyPoolOptions},
};

use super::{StoreError, query};

/// How long anybody waits for a connection or for another process' lock.
const PATIENCE: Duration = Duration::from_secs(5);
/// Connections for reading.
const READERS: u32 = 8;
/// The first SQLite release in which a reset of the write-ahead log cannot lose a commit
/// (<https://www.sqlite.org/wal.html>, "the WAL-reset bug").
const SQLITE_AT_LEAST: [u32; 3] = [3, 51, 3];
/// Any number that nothing else in the database locks; Postgres scopes it to the database.
const WRITE_LOCK: i64 = 0x5342_5752_4954_4531;

/// A commit is on the disk before it is acknowledged (`FULL`); writers wait for each other as long as [`PATIENCE`].
const SQLITE_WRITER: &[&str] = &[
    "PRAGMA busy_timeout = 5000",
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA journal_size_limit = 67108864",
];
const SQLITE_READER: &[&str] = &["PRAGMA busy_timeout = 5000", "PRAGMA query_only = ON"];
/// A process that vanished in the middle of a write must not hold the others up for long.
const POSTGRES: &[&str] = &[
    "SET lock_timeout = '5s'",
    "SET idle_in_transaction_session_timeout = '30s'",
    "SET client_min_messages = 'warning'",
];

/// Which engine the store runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Engine {
    Sqlite,
    Postgres,
}

/// What `url` names. Creates the SQLite file where there is none.
pub(super) fn read_url(url: &str) -> Result<(Engine, AnyConnectOptions), StoreError> {
    sqlx::any::install_default_drivers();
    if let Some(path) = url.strip_prefix("sqlite:") {
        let path = path.strip_prefix("//").unwrap_or(path);
        Ok((Engine::Sqlite, sqlite_options(path)?))
    } else if url.starts_with("postgres:") || url.starts_with("postgresql:") {
        let options = AnyConnectOptions::from_str(url)
            .map_err(|error| StoreError::Unusable(format!("the database address cannot be read: {error}")))?;
        Ok((Engine::Postgres, options))
    } else {
        Err(StoreError::Unusable("the database address must begin with sqlite:// or postgres://".to_owned()))
    }
}

/// The file itself is made here, because SQLite would make it readable for everybody; its log and index files get
/// the same permissions.
fn sqlite_options(path: &str) -> Result<AnyConnectOptions, StoreError> {
    if path.is_empty() || path.contains(":memory:") || path.contains('?') {
        return Err(StoreError::Unusable(
            "sqlite:// takes the path of a file, without options; a store in memory is not supported"
                .to_owned(),
        ));
    }
    let unusable = |error: std::io::Error| {
        StoreError::Unusable(format!("the database file {path} cannot be opened: {error}"))
    };
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(unusable(error)),
        _ => {}
    }
    let path_now = std::fs::canonicalize(path).map_err(unusable)?;
    // Percent-encoded, so that any character may stand in the path.
    let encoded =
        url::Url::from_file_path(&path_now).map_err(|()| unusable(ErrorKind::InvalidFilename.into()))?;
    AnyConnectOptions::from_str(&format!("sqlite://{}?mode=rw", encoded.path())).map_err(StoreError::from)
}

impl Engine {
    /// The one connection that writes, checked to be fit.
    pub(super) async fn writer(self, options: AnyConnectOptions) -> Result<AnyPool, StoreError> {
        match self {
            Self::Sqlite => {
                let pool = pool(1, SQLITE_WRITER).idle_timeout(None).max_lifetime(None);
                let pool = pool.connect_with(options).await?;
                require_sqlite(&mut *pool.acquire().await?).await?;
                Ok(pool)
            }
            Self::Postgres => Ok(pool(1, POSTGRES).connect_with(options).await?),
        }
    }

    /// Connections for reading.
    pub(super) async fn readers(self, options: AnyConnectOptions) -> Result<AnyPool, StoreError> {
        let pool = match self {
            Self::Sqlite => pool(READERS, SQLITE_READER).idle_timeout(None).max_lifetime(None),
            Self::Postgres => pool(READERS, POSTGRES),
        };
        Ok(pool.connect_with(options).await?)
    }

    /// Begins a transaction that sees one moment and cannot write.
    pub(super) fn begin_read(self) -> &'static str {
        match self {
            Self::Sqlite => "BEGIN",
            Self::Postgres => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
        }
    }

    /// Begins a transaction that will write; [`Self::lock`] comes next.
    pub(super) fn begin_write(self) -> &'static str {
        match self {
            Self::Sqlite => "BEGIN IMMEDIATE",
            Self::Postgres => "BEGIN ISOLATION LEVEL READ COMMITTED",
        }
    }

    /// Waits until no other process writes. In SQLite, `BEGIN IMMEDIATE` has done so.
    pub(super) async fn lock(self, tx: &mut AnyConnection) -> Result<(), StoreError> {
        match self {
            Self::Sqlite => Ok(()),
            Self::Postgres => {
                let lock = sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(WRITE_LOCK);
                query::run(tx, lock).await.map(drop)
            }
        }
    }
}

fn pool(connections: u32, set_up: &'static [&'static str]) -> AnyPoolOptions {
    AnyPoolOptions::new().max_connections(connections).acquire_timeout(PATIENCE).after_connect(
        move |connection, _| {
            Box::pin(async move {
                for statement in set_up {
                    connection.execute(*statement).await?;
                }
                Ok(())
            })
        },
    )
}

/// Refuses a library with known data loss, and a file system on which the write-ahead log does not work.
async fn require_sqlite(connection: &mut AnyConnection) -> Result<(), StoreError> {
    let version: String =
        sqlx::query("SELECT sqlite_version()").fetch_one(&mut *connection).await?.try_get(0)?;
    let parts: Vec<u32> = version.split('.').filter_map(|part| part.parse().ok()).collect();
    if parts.as_slice() < SQLITE_AT_LEAST.as_slice() {
        return Err(StoreError::Unusable(format!(
            "SQLite {version} is linked in; 3.51.3 or later is needed"
        )));
    }
    let mode: String = sqlx::query("PRAGMA journal_mode").fetch_one(connection).await?.try_get(0)?;
    if mode != "wal" {
        return Err(StoreError::Unusable(format!(
            "SQLite's write-ahead log does not work where the database file is (journal mode {mode}): \
             use a folder on a local disk that can be written"
        )));
    }
    Ok(())
}
