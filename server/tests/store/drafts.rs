//! Forms that are not saved yet.

use app::domain::{
    console::draft::{Draft, Editing},
    ids::ObjectKind,
};
use serde_json::json;
use server::store::{DRAFTS_OF_A_USER, Store, StoreError};

use super::{home::Home, samples::NOW};

fn draft(id: &str, ms: u64) -> Draft {
    Draft {
        id: id.to_owned(),
        revision: 0,
        kind: ObjectKind::SmartBalancer,
        editing: None,
        body: json!({"name": "", "routes": [], "odd": "ü"}),
        updated_at: NOW.plus_ms(ms),
    }
}

async fn keep(store: &Store, user: &str, draft: &Draft) -> Result<(), StoreError> {
    let mut write = store.write().await?;
    write.keep_draft(user, draft).await?;
    write.commit().await
}

pub(crate) async fn a_draft_reads_back_and_overwrites_itself(home: &Home) {
    let store = home.open().await;
    let mut one = draft("d1", 0);
    keep(&store, "ada", &one).await.unwrap();
    assert_eq!(store.draft("ada", "d1").await.unwrap(), Some(one.clone()));
    keep(&store, "ada", &draft("d2", 1)).await.unwrap();

    one.kind = ObjectKind::Instance;
    one.editing = Some(Editing { id: "inst_a".to_owned(), revision: 7 });
    one.body = json!(null);
    one.updated_at = NOW.plus_ms(2);
    keep(&store, "ada", &one).await.unwrap();
    assert_eq!(store.drafts("ada").await.unwrap(), [one, draft("d2", 1)]);

    let mut write = store.write().await.unwrap();
    write.delete_draft("ada", "d1").await.unwrap();
    write.commit().await.unwrap();
    assert_eq!(store.drafts("ada").await.unwrap(), [draft("d2", 1)]);
}

pub(crate) async fn drafts_of_other_users_are_inaccessible(home: &Home) {
    let store = home.open().await;
    keep(&store, "ada", &draft("d1", 0)).await.unwrap();
    assert_eq!(store.draft("eve", "d1").await.unwrap(), None);
    assert!(store.drafts("eve").await.unwrap().is_empty());
    assert!(matches!(keep(&store, "eve", &draft("d1", 1)).await, Err(StoreError::NotFound)));
    let mut write = store.write().await.unwrap();
    assert!(matches!(write.delete_draft("eve", "d1").await, Err(StoreError::NotFound)));
    drop(write);
    assert_eq!(store.draft("ada", "d1").await.unwrap(), Some(draft("d1", 0)));
}

pub(crate) async fn the_oldest_draft_over_fifty_is_deleted(home: &Home) {
    let store = home.open().await;
    keep(&store, "eve", &draft("other", 0)).await.unwrap();
    for number in 0..u64::from(DRAFTS_OF_A_USER) + 2 {
        keep(&store, "ada", &draft(&format!("d{number}"), number)).await.unwrap();
    }
    let left = store.drafts("ada").await.unwrap();
    assert_eq!(left.len(), 50);
    assert_eq!((left[0].id.as_str(), left[49].id.as_str()), ("d51", "d2"));
    assert_eq!(store.drafts("eve").await.unwrap().len(), 1);

    // A clock that went back does not throw away what was just typed.
    keep(&store, "ada", &draft("early", 0)).await.unwrap();
    assert!(store.draft("ada", "early").await.unwrap().is_some());
    assert_eq!(store.drafts("ada").await.unwrap().len(), 50);
}
