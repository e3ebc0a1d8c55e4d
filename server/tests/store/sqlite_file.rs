//! What only a file can do: permissions, odd paths, damage.

use std::{fs, os::unix::fs::PermissionsExt as _};

use server::store::{Store, StoreError};
use sqlx::{AnyConnection, Connection as _, Executor as _, Row as _};

use super::samples::{insert, instance};

#[tokio::test]
async fn the_files_are_owner_only() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&format!("sqlite://{}/store.db", folder.path().display())).await.unwrap();
    insert(&store, &instance("a")).await.unwrap();
    let mut seen = 0;
    for entry in fs::read_dir(folder.path()).unwrap() {
        let entry = entry.unwrap();
        assert_eq!(entry.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{:?}", entry.file_name());
        seen += 1;
    }
    assert_eq!(seen, 3, "database, log and index of the log");
}

#[tokio::test]
async fn paths_are_used_literally() {
    let folder = tempfile::tempdir().unwrap();
    let odd = folder.path().join("with space %41 #1 ü");
    fs::create_dir(&odd).unwrap();
    let url = format!("sqlite://{}/s.db", odd.display());
    insert(&Store::open(&url).await.unwrap(), &instance("a")).await.unwrap();
    assert!(odd.join("s.db").exists());
    assert_eq!(Store::open(&url).await.unwrap().load().await.unwrap().configuration.instances.len(), 1);
}

#[tokio::test]
async fn an_invalid_database_url_is_refused_with_the_reason() {
    let folder = tempfile::tempdir().unwrap();
    let missing = format!("sqlite://{}/none/s.db", folder.path().display());
    for (url, word) in [
        (missing.as_str(), "cannot be opened"),
        ("sqlite::memory:", "in memory"),
        ("sqlite://", "path of a file"),
        ("sqlite://x.db?mode=ro", "without options"),
        ("mysql://localhost/x", "sqlite:// or postgres://"),
        ("postgres://[", "cannot be read"),
    ] {
        match Store::open(url).await {
            Err(StoreError::Unusable(text)) => assert!(text.contains(word), "{url}: {text}"),
            other => panic!("{url}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn a_file_that_is_not_a_database_is_corrupt() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("s.db");
    fs::write(&path, "certainly not a database, and long enough to be looked at ".repeat(100)).unwrap();
    let refused = Store::open(&format!("sqlite://{}", path.display())).await.err().unwrap();
    assert!(matches!(refused, StoreError::Corrupt(_)), "{refused:?}");
}

#[tokio::test]
async fn a_file_is_backed_up_only_before_a_migration() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("s.db");
    let url = format!("sqlite://{}", file.display());
    let store = Store::open(&url).await.unwrap();
    insert(&store, &instance("a")).await.unwrap();
    store.close().await;
    // As the release before the newest migration left it.
    let mut connection = AnyConnection::connect(&url).await.unwrap();
    for sql in ["DROP INDEX calls_confidence", "DELETE FROM _sqlx_migrations WHERE version = 39"] {
        connection.execute(sql).await.unwrap();
    }
    connection.close().await.unwrap();

    let store = Store::open(&url).await.unwrap();
    assert_eq!(store.load().await.unwrap().configuration.instances.len(), 1);
    store.close().await;
    let copy = folder.path().join("s.db.before-migration-37");
    assert_eq!(fs::metadata(&copy).unwrap().permissions().mode() & 0o777, 0o600);
    let mut connection = AnyConnection::connect(&format!("sqlite://{}", copy.display())).await.unwrap();
    let row = connection.fetch_one("SELECT MAX(version) FROM _sqlx_migrations").await.unwrap();
    assert_eq!(row.get::<i64, _>(0), 37);
    let row = connection.fetch_one("SELECT COUNT(*) FROM instances").await.unwrap();
    assert_eq!(row.get::<i64, _>(0), 1);
    connection.close().await.unwrap();

    fs::remove_file(&copy).unwrap();
    Store::open(&url).await.unwrap().close().await;
    let left: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|it| it.unwrap().file_name()).collect();
    assert!(left.iter().all(|it| !it.to_string_lossy().contains("migration")), "{left:?}");
}
