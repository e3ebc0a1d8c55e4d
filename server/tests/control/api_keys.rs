//! Keys of the data plane, as REST makes, lists and revokes them.

use reqwest::Method;
use serde_json::{Value, json};

use super::samples::{balancer, faults, instances, with};
use crate::console::TestServer;

pub(crate) async fn a_key_is_shown_once(server: &TestServer) {
    instances(server, &["a"]).await;
    server.make("/smart-balancers", &balancer("desk", "inst_a")).await;
    let made = server.make("/api-keys", &json!({ "name": "ci" })).await;
    let (key, prefix) = (made["key"].as_str().unwrap(), made["prefix"].as_str().unwrap());
    assert!(key.starts_with(&format!("{prefix}-")) && prefix.starts_with("sb-"), "{prefix}");
    assert_eq!(prefix, format!("sb-{}", made["id"].as_str().unwrap()));
    assert!(key.len() - prefix.len() > 40, "256 bits");
    let mut view = made.clone();
    view.as_object_mut().unwrap().remove("key");
    let expected = json!({
        "id": made["id"], "prefix": prefix, "made_by": "token", "created_at": made["created_at"], "last_used_at": null,
        "name": "ci", "balancers": ["*"], "force_route": false, "rpm": null, "max_in_flight": null, "expires_at": null,
    });
    assert_eq!(view, expected);

    let scope = json!({ "name": "narrow", "balancers": ["sb_desk"], "force_route": true, "rpm": 60, "max_in_flight": 2,
        "expires_at": "2099-12-31T00:00:00Z" });
    let narrow = server.make("/api-keys", &scope).await;
    let expected = with(scope, json!({ "expires_at": "2099-12-31T00:00:00.000Z" }));
    for (field, value) in expected.as_object().unwrap() {
        assert_eq!(&narrow[field], value, "{field}");
    }
    let listed = server.get("/api-keys").await;
    let list = listed.expect(200);
    assert!(!listed.text.contains(key) && !listed.text.contains(narrow["key"].as_str().unwrap()));
    assert_eq!(list["data"].as_array().unwrap().len(), 2);
    assert!(list["data"].as_array().unwrap().contains(&view));
    assert_eq!(server.get("/api-keys?q=NARROW").await.expect(200)["data"][0]["id"], narrow["id"]);
    assert_eq!(server.get("/api-keys?limit=1").await.expect(200)["next"], list["data"][0]["id"]);
}

pub(crate) async fn revoking_a_key_takes_effect_at_once(server: &TestServer) {
    let made = server.make("/api-keys", &json!({ "name": "ci", "rpm": null })).await;
    let place = format!("/api-keys/{}", made["id"].as_str().unwrap());
    let call = || server.bare(Method::GET, "/v1/models").bearer_auth(made["key"].as_str().unwrap());
    assert_eq!(server.send(call()).await.status, 200);
    assert_eq!(server.delete(&place).await.expect(204), Value::Null);
    assert_eq!(server.send(call()).await.expect(401)["error"]["code"], "invalid_api_key", "at once");
    assert_eq!(server.delete(&place).await.code(404), "not_found");
    assert_eq!(server.get("/api-keys").await.expect(200)["data"], json!([]));

    let audit = server.store().await.audit(None, 10).await.unwrap();
    let told: Vec<_> =
        audit.iter().map(|(_, it)| (it.action.as_str(), it.kind.as_str(), it.by.as_str())).collect();
    assert_eq!(told, [("delete", "api_key", "token"), ("create", "api_key", "token")]);
    assert!(audit.iter().all(|(_, it)| it.id == made["id"].as_str().unwrap()));
    assert!(
        audit[0].1.diff.as_array().unwrap().contains(&json!({ "path": "name", "from": "ci", "to": null }))
    );
}

pub(crate) async fn scopes_are_validated(server: &TestServer) {
    let bad = json!({ "balancers": ["sb_none", "*"], "force_route": 1, "rpm": 0, "max_in_flight": 0,
        "expires_at": "soon", "key": "sb-mine" });
    let expected = [
        ("name", "required"),
        ("force_route", "type"),
        ("expires_at", "type"),
        ("key", "unknown_field"),
        ("balancers[0]", "unknown_balancer"),
        ("rpm", "out_of_range"),
        ("max_in_flight", "out_of_range"),
    ];
    assert_eq!(server.post("/api-keys", &bad).await.faults(), faults(&expected));
    let nothing = server.post("/api-keys", &json!({ "name": "x", "balancers": [] })).await;
    assert_eq!(nothing.faults(), faults(&[("balancers", "too_short")]));
    assert_eq!(server.get("/api-keys").await.expect(200)["data"], json!([]));
}

pub(crate) async fn deleting_a_balancer_removes_it_from_every_scope(server: &TestServer) {
    instances(server, &["a"]).await;
    for name in ["one", "two"] {
        server.make("/smart-balancers", &balancer(name, "inst_a")).await;
    }
    for (name, scope) in [("a", json!(["sb_one", "sb_two"])), ("b", json!(["sb_one"])), ("c", json!(["*"]))] {
        server.make("/api-keys", &json!({ "name": name, "balancers": scope })).await;
    }
    server.delete("/smart-balancers/sb_one").await.expect(204);
    // What takes its id later is not opened by keys that were made for the old one.
    server.make("/smart-balancers", &balancer("one", "inst_a")).await;
    let list = server.get("/api-keys").await.expect(200);
    let scopes: std::collections::BTreeMap<_, _> = list["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| (it["name"].as_str().unwrap(), it["balancers"].clone()))
        .collect();
    assert_eq!(
        scopes.into_iter().collect::<Vec<_>>(),
        [("a", json!(["sb_two"])), ("b", json!([])), ("c", json!(["*"]))]
    );
}
