//! Bringing the schema forward.

use server::store::{Store, StoreError};
use tokio::task::JoinSet;

use super::{
    home::Home,
    samples::{balancer, insert, instance, to_instance},
};

pub(crate) async fn opening_again_changes_nothing(home: &Home) {
    let store = home.open().await;
    insert(&store, &instance("a")).await.unwrap();
    let before = store.load().await.unwrap();
    store.close().await;
    assert!(store.load().await.err().unwrap().is_unavailable());
    let again = home.open().await;
    assert_eq!(again.load().await.unwrap(), before);
}

pub(crate) async fn processes_that_start_together_create_one_schema(home: &Home) {
    let mut tasks = JoinSet::new();
    for number in 0..4 {
        let home = home.clone();
        tasks.spawn(
            async move { insert(&home.open().await, &instance(&format!("i{number}"))).await.unwrap() },
        );
    }
    tasks.join_all().await;
    assert_eq!(home.open().await.load().await.unwrap().configuration.instances.len(), 4);
}

pub(crate) async fn a_newer_schema_is_refused(home: &Home) {
    home.open().await.close().await;
    home.sql(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
         VALUES (9999, 'from the future', true, '', 0)",
    )
    .await;
    let refused = Store::open(&home.url).await.err().unwrap();
    assert!(matches!(refused, StoreError::Newer { found: 9999, .. }), "{refused:?}");
    assert!(refused.to_string().contains("start the release that migrated it"));
    home.sql("DELETE FROM _sqlx_migrations WHERE version = 9999").await;
    home.open().await;
}

pub(crate) async fn old_defaults_are_lifted_and_nothing_else_is(home: &Home) {
    let store = home.open().await;
    let (mut old, mut mine) = (instance("old"), instance("mine"));
    // Texts that look like the members that are changed.
    old.spec.model = "\"idle_ms\":60000,".to_owned();
    old.spec.timeouts.idle_ms = 60_000;
    mine.spec.timeouts.idle_ms = 60_001;
    insert(&store, &old).await.unwrap();
    insert(&store, &mine).await.unwrap();
    let mut balancers = [("silent", 0), ("chatty", 10)].map(|(name, every)| {
        let mut made = balancer(name, name, &[to_instance(&old)]);
        made.spec.description = "\"stream_keepalive_s\":0, \u{0}".to_owned();
        made.spec.stream_keepalive_s = every;
        made
    });
    for it in &balancers {
        insert(&store, it).await.unwrap();
    }
    store.close().await;
    home.sql("ALTER TABLE instances DROP COLUMN sealed_headers").await;
    home.sql("DELETE FROM _sqlx_migrations WHERE version = 34").await;

    old.spec.timeouts.idle_ms = 300_000;
    balancers[0].spec.stream_keepalive_s = 25;
    balancers.reverse();
    let configuration = home.open().await.load().await.unwrap().configuration;
    assert_eq!(configuration.instances, [mine, old]);
    assert_eq!(*configuration.balancers, balancers);
}

pub(crate) async fn a_changed_migration_is_refused(home: &Home) {
    home.open().await.close().await;
    home.sql("UPDATE _sqlx_migrations SET checksum = '' WHERE version = 1").await;
    assert!(matches!(Store::open(&home.url).await, Err(StoreError::Corrupt(_))));
}
