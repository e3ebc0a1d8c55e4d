//! Differences between the two engines: connecting, settings, locks and transactions.

use std::{
    fs::OpenOptions,
    io::ErrorKind,
    os::unix::fs::OpenOptionsExt,
    path::Path,
    str::FromStr,
    time::{Duration, Instant},
};

use sqlx::{
    AnyConnection, AnyPool, Connection as _, Executor as _, Row as _,
    any::{AnyConnectOptions, AnyPoolOptions},
};

use super::StoreError;

mod backup;
pub(super) mod error;
pub(super) mod migrate;
pub(super) mod query;

use self::query::bounded;

/// Maximum wait for a connection or for another process's lock.
const WAIT_TIMEOUT: Duration = Duration::from_secs(5);
/// Pause before a statement is retried that found the file locked.
const BUSY_PAUSE: Duration = Duration::from_millis(20);
/// Number of read connections.
const READERS: u32 = 8;
/// The first SQLite release in which a reset of the write-ahead log cannot lose a commit
/// (<https://www.sqlite.org/wal.html>, "the WAL-reset bug").
const SQLITE_AT_LEAST: [u32; 3] = [3, 51, 3];
/// An arbitrary number that nothing else in the database locks; Postgres scopes it to the database.
const WRITE_LOCK: i64 = 0x5342_5752_4954_4531;

/// Statements that set up each new connection.
type Settings = &'static [&'static str];

/// A commit is on disk before it is acknowledged (`FULL`); writers wait for each other for up to [`WAIT_TIMEOUT`].
const SQLITE_WRITER: Settings = &[
    "PRAGMA busy_timeout = 5000",
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA journal_size_limit = 67108864",
];
/// A page of the console reads about a hundred rows. What it reads again is in the system's cache of the file; eight
/// connections with a cache of their own, of 2 MiB each as is the default, would hold it eight times.
const SQLITE_READER: Settings =
    &["PRAGMA busy_timeout = 5000", "PRAGMA query_only = ON", "PRAGMA cache_size = -512"];
/// A process that disappears in the middle of a write must not block the others for long.
const POSTGRES: Settings = &[
    "SET lock_timeout = '5s'",
    "SET idle_in_transaction_session_timeout = '30s'",
    "SET client_min_messages = 'warning'",
];

/// The database engine of the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Engine {
    Sqlite,
    Postgres,
}

/// Parses a database URL. Creates the SQLite file if there is none.
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

/// Refuses a URL whose SQLite file does not exist.
pub(super) fn require_present(url: &str) -> Result<(), StoreError> {
    let path = url.strip_prefix("sqlite:").map(|it| it.strip_prefix("//").unwrap_or(it));
    match path {
        Some(path) if !path.is_empty() && !Path::new(path).exists() => {
            Err(StoreError::Missing(format!("there is no database file {path}")))
        }
        _ => Ok(()),
    }
}

/// Creates the file itself, because SQLite would make it readable for everyone; its log and index files get the same
/// permissions.
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
    // Percent-encoded, so the path may contain any character.
    let encoded =
        url::Url::from_file_path(&path_now).map_err(|()| unusable(ErrorKind::InvalidFilename.into()))?;
    AnyConnectOptions::from_str(&format!("sqlite://{}?mode=rw", encoded.path())).map_err(StoreError::from)
}

impl Engine {
    /// Connects once and checks that the database is usable. A pool would only report a timeout.
    pub(super) async fn check_connection(self, options: &AnyConnectOptions) -> Result<(), StoreError> {
        let mut connection = bounded(AnyConnection::connect_with(options)).await?;
        bounded(set_up(&mut connection, self.writer_settings())).await?;
        if self == Self::Sqlite {
            require_sqlite(&mut connection).await?;
        }
        bounded(connection.close()).await
    }

    /// The pool with the only write connection.
    pub(super) fn writer(self, options: AnyConnectOptions) -> AnyPool {
        self.pool(1, self.writer_settings()).connect_lazy_with(options)
    }

    /// The pool of read connections.
    pub(super) fn readers(self, options: AnyConnectOptions) -> AnyPool {
        self.pool(READERS, self.reader_settings()).connect_lazy_with(options)
    }

    fn pool(self, connections: u32, settings: Settings) -> AnyPoolOptions {
        let pool = AnyPoolOptions::new()
            .max_connections(connections)
            .acquire_timeout(WAIT_TIMEOUT)
            .after_connect(move |connection, _| Box::pin(set_up(connection, settings)))
            // SQLite itself rolls back when the disk is full. The driver's own rollback then fails and leaves it in a
            // transaction that does not exist.
            .before_acquire(|connection, _| Box::pin(async move { Ok(!connection.is_in_transaction()) }));
        match self {
            // Closing the last connection deletes the log of the file; reopening it would be wasted work.
            Self::Sqlite => pool.idle_timeout(None).max_lifetime(None),
            Self::Postgres => pool,
        }
    }

    fn writer_settings(self) -> Settings {
        match self {
            Self::Sqlite => SQLITE_WRITER,
            Self::Postgres => POSTGRES,
        }
    }

    fn reader_settings(self) -> Settings {
        match self {
            Self::Sqlite => SQLITE_READER,
            Self::Postgres => POSTGRES,
        }
    }

    /// Starts a read-only transaction on a consistent snapshot.
    pub(super) fn begin_read(self) -> &'static str {
        match self {
            Self::Sqlite => "BEGIN",
            Self::Postgres => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
        }
    }

    /// Starts a write transaction; [`Self::lock`] must follow.
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

async fn set_up(connection: &mut AnyConnection, settings: Settings) -> Result<(), sqlx::Error> {
    let until = Instant::now() + WAIT_TIMEOUT;
    for statement in settings {
        // SQLite switches to the write-ahead log without its busy timeout, so processes that start together may collide.
        while let Err(error) = connection.execute(*statement).await {
            if !is_busy(&error) || Instant::now() > until {
                return Err(error);
            }
            tokio::time::sleep(BUSY_PAUSE).await;
        }
    }
    Ok(())
}

/// Whether another connection holds a lock that the statement needs (SQLITE_BUSY, with any extended code).
fn is_busy(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(|it| it.code());
    code.and_then(|it| it.parse::<u32>().ok()).is_some_and(|it| it & 0xff == 5)
}

/// Refuses a library with known data loss, and a file system that does not support the write-ahead log.
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

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    /// The setting's value on a connection of `pool`.
    async fn pragma(pool: &AnyPool, query: &'static str) -> i64 {
        sqlx::query(query).fetch_one(&mut *pool.acquire().await.unwrap()).await.unwrap().get(0)
    }

    #[tokio::test]
    async fn sqlite_writes_through_and_checks_references_and_its_readers_cannot_write() {
        let folder = tempfile::tempdir().unwrap();
        let (engine, options) = read_url(&format!("sqlite://{}/s.db", folder.path().display())).unwrap();
        engine.check_connection(&options).await.unwrap();
        let (writer, readers) = (engine.writer(options.clone()), engine.readers(options));
        assert_eq!(pragma(&writer, "PRAGMA synchronous").await, 2, "FULL");
        assert_eq!(pragma(&writer, "PRAGMA foreign_keys").await, 1);
        assert_eq!(pragma(&writer, "PRAGMA busy_timeout").await, 5_000);
        let refused = sqlx::query("CREATE TABLE x (y TEXT)").execute(&readers).await;
        assert!(StoreError::from(refused.unwrap_err()).is_unavailable());
    }

    #[test]
    fn versions_are_compared_by_number() {
        for (version, fit) in
            [([3, 51, 3], true), ([3, 100, 0], true), ([3, 51, 2], false), ([3, 6, 99], false)]
        {
            assert_eq!(version >= SQLITE_AT_LEAST, fit, "{version:?}");
        }
    }
}
