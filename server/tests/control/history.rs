//! What changes leave behind, as the store holds it.

use app::domain::ids::ObjectKind;
use serde_json::json;

use super::samples::{balancer, instance, instances, with};
use crate::console::TestServer;

pub(crate) async fn each_change_leaves_a_revision_and_an_audit_row(server: &TestServer) {
    let first = with(instance("A"), json!({ "api_key": "sk-canary-in-the-history" }));
    let made = server.make("/instances", &first).await;
    let edit = json!({ "revision": 1, "max_in_flight": 5, "api_key": null });
    let edited = server.patch("/instances/inst_a", &edit).await.expect(200);
    server.make("/smart-balancers", &balancer("desk", "inst_a")).await;

    let store = server.store().await;
    let revisions = store.revisions(ObjectKind::Instance, "inst_a", None, 10).await.unwrap();
    assert_eq!(
        revisions.iter().map(|it| (it.revision, it.by.as_str())).collect::<Vec<_>>(),
        [(2, "token"), (1, "token")]
    );
    let changes = json!([
        { "path": "api_key_last4", "from": "tory", "to": null },
        { "path": "api_key_set", "from": true, "to": false },
        { "path": "max_in_flight", "from": 0, "to": 5 },
    ]);
    assert_eq!(revisions[0].diff, changes);
    assert!(
        revisions[1].diff.as_array().unwrap().contains(&json!({ "path": "name", "from": null, "to": "A" }))
    );
    // The body is the object without what is of the moment.
    for (row, shown) in revisions.iter().zip([edited, made]) {
        let mut shown = shown;
        for of_the_moment in ["health", "apis_learned"] {
            shown.as_object_mut().unwrap().remove(of_the_moment);
        }
        assert_eq!(row.body, shown);
        assert_eq!(json!(row.at), shown["updated_at"]);
    }

    server.delete("/smart-balancers/sb_desk").await.expect(204);
    server.delete("/instances/inst_a").await.expect(204);
    assert_eq!(store.revisions(ObjectKind::Instance, "inst_a", None, 10).await.unwrap(), []);
    let audit = store.audit(None, 10).await.unwrap();
    let told: Vec<_> =
        audit.iter().map(|(_, it)| (it.action.as_str(), it.kind.as_str(), it.revision)).collect();
    assert_eq!(
        told,
        [
            ("delete", "instance", Some(3)),
            ("delete", "smart_balancer", Some(2)),
            ("create", "smart_balancer", Some(1)),
            ("update", "instance", Some(2)),
            ("create", "instance", Some(1)),
        ]
    );
    assert_eq!(audit[3].1.diff, changes);
    for (_, row) in &audit {
        assert_eq!((row.by.as_str(), row.ip), ("token", Some([127, 0, 0, 1].into())));
    }
    assert!(
        audit[0]
            .1
            .diff
            .as_array()
            .unwrap()
            .contains(&json!({ "path": "max_in_flight", "from": 5, "to": null }))
    );
    assert!(!format!("{revisions:?}{audit:?}").contains("canary"));
}

pub(crate) async fn a_refused_change_leaves_nothing(server: &TestServer) {
    instances(server, &["a"]).await;
    let store = server.store().await;
    let before = (store.load().await.unwrap(), store.audit(None, 10).await.unwrap());
    server.post("/instances", &instance("a")).await.code(409);
    server.post("/instances", &json!({})).await.code(422);
    server.patch("/instances/inst_a", &json!({ "revision": 9, "name": "b" })).await.code(409);
    server.delete("/instances/inst_b").await.code(404);
    server.post("/api-keys", &json!({ "name": 1 })).await.code(422);
    let after = (store.load().await.unwrap(), store.audit(None, 10).await.unwrap());
    assert_eq!(before, after);
}
