//! What only a file can do: permissions, odd paths, damage.

use std::{fs, os::unix::fs::PermissionsExt as _};

use server::store::{Store, StoreError};

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
async fn any_path_is_taken_as_it_stands() {
    let folder = tempfile::tempdir().unwrap();
    let odd = folder.path().join("with space %41 #1 ü");
    fs::create_dir(&odd).unwrap();
    let url = format!("sqlite://{}/s.db", odd.display());
    insert(&Store::open(&url).await.unwrap(), &instance("a")).await.unwrap();
    assert!(odd.join("s.db").exists());
    assert_eq!(Store::open(&url).await.unwrap().load().await.unwrap().configuration.instances.len(), 1);
}

#[tokio::test]
async fn an_address_that_cannot_work_is_refused_with_words() {
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
async fn a_file_that_is_no_database_is_corrupt() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("s.db");
    fs::write(&path, "certainly not a database, and long enough to be looked at ".repeat(100)).unwrap();
    let refused = Store::open(&format!("sqlite://{}", path.display())).await.err().unwrap();
    assert!(matches!(refused, StoreError::Corrupt(_)), "{refused:?}");
}
