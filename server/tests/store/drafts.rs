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

/// Keeps a draft; answers with it as it is kept then.
async fn keep(store: &Store, user: &str, draft: &Draft) -> Result<Draft, StoreError> {
    let mut write = store.write().await?;
    let revision = write.keep_draft(user, draft).await?;
    write.commit().await?;
    Ok(Draft { revision, ..draft.clone() })
}

pub(crate) async fn a_draft_reads_back_and_overwrites_itself(home: &Home) {
    let store = home.open().await;
    let mut one = keep(&store, "ada", &draft("d1", 0)).await.unwrap();
    assert_eq!(one.revision, 1);
    assert_eq!(store.draft("ada", "d1").await.unwrap(), Some(one.clone()));
    let two = keep(&store, "ada", &draft("d2", 1)).await.unwrap();

    one.kind = ObjectKind::Instance;
    one.editing = Some(Editing { id: "inst_a".to_owned(), revision: 7 });
    one.body = json!(null);
    one.updated_at = NOW.plus_ms(2);
    let one = keep(&store, "ada", &one).await.unwrap();
    assert_eq!(one.revision, 2);
    assert_eq!(store.drafts("ada").await.unwrap(), [one, two.clone()]);

    let mut write = store.write().await.unwrap();
    write.delete_draft("ada", "d1").await.unwrap();
    write.commit().await.unwrap();
    assert_eq!(store.drafts("ada").await.unwrap(), [two]);
}

pub(crate) async fn a_draft_that_was_kept_meanwhile_is_not_overwritten(home: &Home) {
    let (here, there) = (home.open().await, home.open().await);
    let seen = keep(&here, "ada", &draft("d1", 0)).await.unwrap();
    let newer = keep(&there, "ada", &Draft { body: json!("newer"), ..seen.clone() }).await.unwrap();

    let late = Draft { body: json!("late"), ..seen.clone() };
    assert!(matches!(keep(&here, "ada", &late).await, Err(StoreError::Changed)));
    let mut write = here.write().await.unwrap();
    let deleted = write.delete_draft_at("ada", "d1", seen.revision).await;
    assert!(matches!(deleted, Err(StoreError::Changed)));
    drop(write);
    assert_eq!(here.draft("ada", "d1").await.unwrap(), Some(newer.clone()));
    assert!(matches!(keep(&here, "ada", &draft("d1", 9)).await, Err(StoreError::Taken(_))), "a new one");

    let mut write = here.write().await.unwrap();
    write.delete_draft_at("ada", "d1", newer.revision).await.unwrap();
    write.commit().await.unwrap();
    let mut write = here.write().await.unwrap();
    let gone = write.delete_draft_at("ada", "d1", newer.revision).await;
    assert!(matches!(gone, Err(StoreError::NotFound)));
}

pub(crate) async fn drafts_of_other_users_are_inaccessible(home: &Home) {
    let store = home.open().await;
    let kept = keep(&store, "ada", &draft("d1", 0)).await.unwrap();
    assert_eq!(store.draft("eve", "d1").await.unwrap(), None);
    assert!(store.drafts("eve").await.unwrap().is_empty());
    let theirs = Draft { body: json!("eve"), ..kept.clone() };
    assert!(matches!(keep(&store, "eve", &theirs).await, Err(StoreError::NotFound)));
    let mut write = store.write().await.unwrap();
    assert!(matches!(write.delete_draft("eve", "d1").await, Err(StoreError::NotFound)));
    drop(write);
    assert_eq!(store.draft("ada", "d1").await.unwrap(), Some(kept));
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
