//! Results that outlive a redirect.

use server::store::{BYTES_OF_A_USER, MESSAGES_OF_A_USER, SealedFlash, Store};
use tokio::task::JoinSet;

use super::{home::Home, samples::NOW};

fn flash(id: &str, bytes: usize) -> SealedFlash {
    SealedFlash { id: id.to_owned(), sealed_body: vec![7; bytes] }
}

async fn put(store: &Store, user: &str, flash: &SealedFlash, ms: u64) {
    let mut write = store.write().await.unwrap();
    write.put_flash(user, flash, NOW.plus_ms(ms)).await.unwrap();
    write.commit().await.unwrap();
}

pub(crate) async fn a_flash_message_is_read_by_its_user_alone_and_within_its_time(home: &Home) {
    let store = home.open().await;
    put(&store, "ada", &flash("f1", 3), 10).await;
    let read = async |user: &str, since| store.flash(user, "f1", NOW.plus_ms(since)).await.unwrap();
    assert_eq!(read("ada", 10).await, Some(flash("f1", 3)));
    assert_eq!(read("ada", 11).await, None);
    assert_eq!(read("eve", 0).await, None);

    for (user, since) in [("eve", 0), ("ada", 11)] {
        assert_eq!(take(&store, user, since).await, None);
        assert!(read("ada", 0).await.is_some(), "nobody else can remove it, and nobody afterwards");
    }
    assert_eq!(take(&store, "ada", 10).await, Some(flash("f1", 3)));
    assert_eq!(read("ada", 0).await, None);
    assert_eq!(take(&store, "ada", 10).await, None);
}

async fn take(store: &Store, user: &str, since_ms: u64) -> Option<SealedFlash> {
    let mut write = store.write().await.unwrap();
    let taken = write.take_flash(user, "f1", NOW.plus_ms(since_ms)).await.unwrap();
    write.commit().await.unwrap();
    taken
}

pub(crate) async fn one_of_many_takers_gets_a_flash_message(home: &Home) {
    // Two stores are two processes to each other.
    let stores = [home.open().await, home.open().await];
    put(&stores[0], "ada", &flash("f1", 3), 10).await;
    let mut takers = JoinSet::new();
    for taker in 0..40 {
        let store = stores[taker % 2].clone();
        takers.spawn(async move { take(&store, "ada", 0).await });
    }
    let got: Vec<_> = takers.join_all().await.into_iter().flatten().collect();
    assert_eq!(got, [flash("f1", 3)]);
}

pub(crate) async fn the_oldest_flash_messages_of_a_user_go_beyond_count_and_bytes(home: &Home) {
    let store = home.open().await;
    put(&store, "eve", &flash("other", 1), 0).await;
    for n in 0..=u64::from(MESSAGES_OF_A_USER) {
        put(&store, "ada", &flash(&format!("f{n:03}"), 1), n).await;
    }
    let there = async |user: &str, id: &str| store.flash(user, id, NOW).await.unwrap().is_some();
    assert!(!there("ada", "f000").await && there("ada", "f001").await);
    let large = usize::try_from(BYTES_OF_A_USER).unwrap() - 1;
    put(&store, "ada", &flash("large", large), 1_000).await;
    assert!(there("ada", "large").await && there("ada", &format!("f{MESSAGES_OF_A_USER:03}")).await);
    assert!(!there("ada", &format!("f{:03}", MESSAGES_OF_A_USER - 1)).await);
    assert!(there("eve", "other").await, "others keep theirs");
}

pub(crate) async fn old_flash_messages_are_deleted(home: &Home) {
    let store = home.open().await;
    put(&store, "ada", &flash("old", 1), 0).await;
    put(&store, "ada", &flash("new", 1), 100).await;
    assert!(store.has_old_flash(NOW.plus_ms(100)).await.unwrap());
    let mut write = store.write().await.unwrap();
    write.delete_old_flash(NOW.plus_ms(100)).await.unwrap();
    write.commit().await.unwrap();
    assert!(!store.has_old_flash(NOW.plus_ms(100)).await.unwrap());
    assert!(store.flash("ada", "new", NOW).await.unwrap().is_some());
}
