//! What only a server can do: go away and come back.

use std::time::{Duration, Instant};

use server::store::{Store, StoreError};

use super::{
    home::on_postgres,
    samples::{insert, instance},
};

#[tokio::test(flavor = "multi_thread")]
async fn lost_connections_are_unavailable_and_recover() {
    on_postgres(|home| async move {
        let store = home.open().await;
        let mut write = store.write().await.unwrap();
        write.insert(&instance("a")).await.unwrap();
        home.sql(
            "DO $$ BEGIN PERFORM pg_terminate_backend(pid) FROM pg_stat_activity \
             WHERE datname = current_database() AND pid <> pg_backend_pid(); END $$",
        )
        .await;
        let lost = write.insert(&instance("b")).await.err().unwrap();
        assert!(lost.is_unavailable(), "{lost:?}");
        assert!(matches!(write.commit().await, Err(StoreError::Broken)));
        insert(&store, &instance("c")).await.unwrap();
        let instances = store.load().await.unwrap().configuration.instances;
        assert_eq!(instances, [instance("c")]);
    })
    .await;
}

#[tokio::test]
async fn an_unreachable_server_is_unavailable_in_time() {
    let begun = Instant::now();
    // Port 1 is never a Postgres.
    let refused = Store::open("postgres://nobody:canary@127.0.0.1:1/none").await.err().unwrap();
    assert!(refused.is_unavailable(), "{refused:?}");
    assert!(begun.elapsed() < Duration::from_secs(10));
    assert!(!format!("{refused} {refused:?}").contains("canary"));
}
