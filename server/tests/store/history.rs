//! Revisions and audit rows.

use app::domain::{ids::ObjectKind, timestamp::Timestamp};
use serde_json::json;
use server::store::{AuditRow, RevisionRow, Store, StoreError, TakenField};

use super::{
    home::Home,
    samples::{NOW, balancer, insert},
};

fn revision(id: &str, number: u64) -> RevisionRow {
    RevisionRow {
        kind: ObjectKind::SmartBalancer,
        id: id.to_owned(),
        revision: number,
        at: Timestamp(NOW.0 + i64::try_from(number).unwrap()),
        by: "ada".to_owned(),
        diff: json!([{"path": "name", "from": null, "to": "ü"}]),
        body: json!({"name": "ü", "revision": number}),
    }
}

fn audit(id: &str, number: Option<u64>) -> AuditRow {
    AuditRow {
        at: NOW,
        by: "token".to_owned(),
        ip: number.map(|_| "2001:db8::1".parse().unwrap()),
        action: "update".to_owned(),
        kind: "smart_balancer".to_owned(),
        id: id.to_owned(),
        revision: number,
        diff: json!([]),
    }
}

async fn put_revisions(
    store: &Store,
    id: &str,
    numbers: std::ops::RangeInclusive<u64>,
) -> Result<(), StoreError> {
    let mut write = store.write().await?;
    for number in numbers {
        write.put_revision(&revision(id, number)).await?;
    }
    write.commit().await
}

pub(crate) async fn revisions_and_audit_rows_are_committed_with_their_change(home: &Home) {
    let store = home.open().await;
    let smart = balancer("smart", "smart", &[]);
    let save = async |keep: bool| {
        let mut write = store.write().await.unwrap();
        write.insert(&smart).await.unwrap();
        write.put_revision(&revision("sb_smart", 1)).await.unwrap();
        write.put_audit(&audit("sb_smart", Some(1))).await.unwrap();
        if keep {
            write.commit().await.unwrap();
        }
    };
    save(false).await;
    assert!(store.revisions(ObjectKind::SmartBalancer, "sb_smart", None, 10).await.unwrap().is_empty());
    assert!(store.audit(None, 10).await.unwrap().is_empty());
    save(true).await;
    let revisions = store.revisions(ObjectKind::SmartBalancer, "sb_smart", None, 10).await.unwrap();
    assert_eq!(revisions, [revision("sb_smart", 1)]);
    let rows: Vec<_> = store.audit(None, 10).await.unwrap().into_iter().map(|(_, row)| row).collect();
    assert_eq!(rows, [audit("sb_smart", Some(1))]);
}

pub(crate) async fn revisions_are_paginated_newest_first(home: &Home) {
    let store = home.open().await;
    put_revisions(&store, "sb_a", 1..=5).await.unwrap();
    put_revisions(&store, "sb_b", 1..=1).await.unwrap();
    let page = async |before| -> Vec<u64> {
        let rows = store.revisions(ObjectKind::SmartBalancer, "sb_a", before, 2).await.unwrap();
        rows.iter().map(|row| row.revision).collect()
    };
    assert_eq!(page(None).await, [5, 4]);
    assert_eq!(page(Some(4)).await, [3, 2]);
    assert_eq!(page(Some(2)).await, [1]);
    assert!(store.revisions(ObjectKind::Instance, "sb_a", None, 9).await.unwrap().is_empty());
}

pub(crate) async fn revision_numbers_are_unique(home: &Home) {
    let store = home.open().await;
    put_revisions(&store, "sb_a", 1..=1).await.unwrap();
    let again = put_revisions(&store, "sb_a", 1..=1).await;
    assert!(matches!(again, Err(StoreError::Taken(TakenField::Id))));
}

pub(crate) async fn revisions_are_deleted_with_their_object(home: &Home) {
    let store = home.open().await;
    let smart = balancer("smart", "smart", &[]);
    insert(&store, &smart).await.unwrap();
    put_revisions(&store, "sb_smart", 1..=3).await.unwrap();
    let mut write = store.write().await.unwrap();
    write.delete(ObjectKind::SmartBalancer, "sb_smart").await.unwrap();
    write.put_audit(&audit("sb_smart", None)).await.unwrap();
    write.insert(&smart).await.unwrap();
    write.put_revision(&revision("sb_smart", 1)).await.unwrap();
    write.commit().await.unwrap();
    assert_eq!(store.revisions(ObjectKind::SmartBalancer, "sb_smart", None, 9).await.unwrap().len(), 1);
    assert_eq!(store.audit(None, 9).await.unwrap().len(), 1);
}

pub(crate) async fn audit_rows_are_paginated_newest_first(home: &Home) {
    let store = home.open().await;
    let mut write = store.write().await.unwrap();
    for number in 1..=5 {
        write.put_audit(&audit("x", Some(number))).await.unwrap();
    }
    write.commit().await.unwrap();
    let first = store.audit(None, 3).await.unwrap();
    let second = store.audit(Some(first[2].0), 3).await.unwrap();
    let numbers: Vec<_> = first.iter().chain(&second).map(|(_, row)| row.revision.unwrap()).collect();
    assert_eq!(numbers, [5, 4, 3, 2, 1]);
}
