//! Keys of the data plane.

use app::domain::{ids::BalancerId, timestamp::Timestamp};
use server::store::{Store, StoreError, StoredApiKey};

use super::{
    home::Home,
    samples::{NOW, api_key},
};

async fn insert(store: &Store, keys: &[StoredApiKey]) {
    let mut write = store.write().await.unwrap();
    for key in keys {
        write.insert_api_key(key).await.unwrap();
    }
    write.commit().await.unwrap();
}

pub(crate) async fn deleting_a_key_removes_it_at_once(home: &Home) {
    let store = home.open().await;
    insert(&store, &[api_key("a", 1, &["*"]), api_key("b", 2, &["*"])]).await;
    let mut write = store.write().await.unwrap();
    write.delete_api_key("a").await.unwrap();
    write.commit().await.unwrap();
    assert_eq!(store.load().await.unwrap().api_keys, [api_key("b", 2, &["*"])]);
    let mut write = store.write().await.unwrap();
    assert!(matches!(write.delete_api_key("a").await, Err(StoreError::NotFound)));
}

pub(crate) async fn removing_a_balancer_from_scopes_reaches_every_key(home: &Home) {
    let store = home.open().await;
    insert(
        &store,
        &[api_key("a", 1, &["*"]), api_key("b", 2, &["sb_x", "sb_y", "sb_x"]), api_key("c", 3, &["sb_x"])],
    )
    .await;
    let mut write = store.write().await.unwrap();
    write.remove_from_scopes(&BalancerId::from("sb_x")).await.unwrap();
    write.commit().await.unwrap();
    let left = [api_key("a", 1, &["*"]), api_key("b", 2, &["sb_y"]), api_key("c", 3, &[])];
    assert_eq!(store.load().await.unwrap().api_keys, left);
}

pub(crate) async fn last_uses_are_written_together_and_never_move_back(home: &Home) {
    let store = home.open().await;
    let mut late = api_key("late", 1, &["*"]);
    late.last_used_at = Some(Timestamp(NOW.0 + 100));
    insert(
        &store,
        &[late, api_key("new", 2, &["*"]), api_key("quote\"'", 3, &["*"]), api_key("z", 4, &["*"])],
    )
    .await;
    let uses: Vec<_> = [("late", 1), ("new", 2), ("new", 7), ("new", 3), ("quote\"'", 4), ("gone", 5)]
        .map(|(id, ms)| (id.to_owned(), NOW.plus_ms(ms)))
        .into();
    for uses in [&uses[..], &[]] {
        let mut write = store.write().await.unwrap();
        write.touch_api_keys(uses).await.unwrap();
        write.commit().await.unwrap();
    }
    let flash_notice: Vec<_> = store
        .load()
        .await
        .unwrap()
        .api_keys
        .iter()
        .map(|key| key.last_used_at.map(|at| at.0 - NOW.0))
        .collect();
    assert_eq!(flash_notice, [Some(100), Some(7), Some(4), None]);
}
