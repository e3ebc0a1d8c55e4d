//! One write at a time, whole or not at all.

use std::time::{Duration, Instant};

use server::store::StoreError;
use tokio::task::JoinSet;

use super::{
    home::Home,
    samples::{insert, instance},
};

pub(crate) async fn a_dropped_write_changes_nothing(home: &Home) {
    let store = home.open().await;
    let before = store.load().await.unwrap();
    let mut write = store.write().await.unwrap();
    write.insert(&instance("a")).await.unwrap();
    write.bump_version().await.unwrap();
    drop(write);
    assert_eq!(store.load().await.unwrap(), before);
    insert(&store, &instance("a")).await.unwrap();
}

pub(crate) async fn a_write_with_an_error_cannot_be_committed(home: &Home) {
    let store = home.open().await;
    let before = store.load().await.unwrap();
    let mut write = store.write().await.unwrap();
    write.insert(&instance("a")).await.unwrap();
    assert!(matches!(write.insert(&instance("a")).await, Err(StoreError::Taken(_))));
    assert!(matches!(write.commit().await, Err(StoreError::Broken)));
    assert_eq!(store.load().await.unwrap(), before);
}

pub(crate) async fn parallel_changes_are_not_lost(home: &Home) {
    // Two stores are two processes to each other.
    let stores = [home.open().await, home.open().await];
    let mut tasks = JoinSet::new();
    for number in 0..40 {
        let store = stores[number % 2].clone();
        tasks.spawn(async move {
            let mut write = store.write().await.unwrap();
            let seen = write.load().await.unwrap().configuration.version;
            assert_eq!(write.bump_version().await.unwrap(), seen + 1);
            write.commit().await.unwrap();
        });
    }
    tasks.join_all().await;
    assert_eq!(stores[0].load().await.unwrap().configuration.version, 40);
}

pub(crate) async fn readers_see_only_complete_writes(home: &Home) {
    let store = home.open().await;
    let writer = {
        let store = store.clone();
        tokio::spawn(async move {
            for number in 0..30 {
                let mut write = store.write().await.unwrap();
                write.bump_version().await.unwrap();
                write.insert(&instance(&format!("i{number}"))).await.unwrap();
                write.commit().await.unwrap();
            }
        })
    };
    let mut seen = 0;
    while seen < 30 {
        let configuration = store.load().await.unwrap().configuration;
        assert_eq!(configuration.version, configuration.instances.len() as u64);
        assert!(configuration.version >= seen);
        seen = configuration.version;
    }
    writer.await.unwrap();
}

pub(crate) async fn reading_continues_during_a_write(home: &Home) {
    let store = home.open().await;
    let mut write = store.write().await.unwrap();
    write.insert(&instance("a")).await.unwrap();
    assert!(store.load().await.unwrap().configuration.instances.is_empty());
    store.ping().await.unwrap();
    write.commit().await.unwrap();
    assert_eq!(store.load().await.unwrap().configuration.instances.len(), 1);
}

pub(crate) async fn a_write_that_cannot_get_the_lock_is_unavailable_and_a_later_one_works(home: &Home) {
    let (store, other) = (home.open().await, home.open().await);
    let held = other.write().await.unwrap();
    let begun = Instant::now();
    let refused = store.write().await.err().unwrap();
    assert!(refused.is_unavailable(), "{refused:?}");
    let waited = begun.elapsed();
    assert!((Duration::from_secs(4)..Duration::from_secs(12)).contains(&waited), "{waited:?}");
    store.load().await.unwrap();

    drop(held);
    insert(&store, &instance("a")).await.unwrap();
}
