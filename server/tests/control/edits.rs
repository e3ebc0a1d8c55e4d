//! Changes of saved objects: replaced, patched, put back; and the upstream key, which only goes in.

use serde_json::{Value, json};

use super::samples::{COLLECTIONS, balancer, body, faults, group, instance, instances, with};
use crate::console::TestServer;

pub(crate) async fn a_replacement_is_the_next_revision(server: &TestServer) {
    let first = with(
        instance("A"),
        json!({ "max_in_flight": 7, "enabled": false, "timeouts": { "idle_ms": 1_000 }, "dimensions": 3 }),
    );
    let made = server.make("/instances", &first).await;
    assert_eq!(made["timeouts"]["idle_ms"], 1_000);
    assert_eq!(made["timeouts"]["connect_ms"], 5_000);

    // What a replacement does not name is back at its default.
    let edit = with(instance("B"), json!({ "revision": 1 }));
    let edited = server.put("/instances/inst_a", &edit).await.expect(200);
    let told =
        ["id", "name", "max_in_flight", "enabled", "dimensions", "revision"].map(|it| edited[it].clone());
    assert_eq!(told, [json!("inst_a"), json!("B"), json!(0), json!(true), Value::Null, json!(2)]);
    assert_eq!(edited["timeouts"]["idle_ms"], 300_000);
    assert_eq!(edited["created_at"], made["created_at"]);
    assert!(edited["updated_at"].as_str() >= made["updated_at"].as_str());
    assert_eq!(server.get("/instances/inst_a").await.expect(200), edited);
}

pub(crate) async fn a_patch_changes_what_it_names(server: &TestServer) {
    instances(server, &["a", "b"]).await;
    let timeouts = json!({ "revision": 1, "timeouts": { "total_ms": 9 } });
    let edited = server.patch("/instances/inst_a", &timeouts).await.expect(200);
    assert_eq!(
        edited["timeouts"],
        json!({ "connect_ms": 5_000, "first_byte_ms": 120_000, "answer_ms": 600_000, "idle_ms": 300_000, "total_ms": 9 })
    );
    assert_eq!((&edited["name"], &edited["model"]), (&json!("a"), &json!("small")));
    // Null takes a field away, which brings its default back.
    let nothing = json!({ "revision": 2, "timeouts": null, "model": null });
    let edited = server.patch("/instances/inst_a", &nothing).await.expect(200);
    assert_eq!((&edited["timeouts"]["total_ms"], &edited["model"]), (&json!(0), &json!("")));
    let required = server.patch("/instances/inst_a", &json!({ "revision": 3, "name": null })).await;
    assert_eq!(required.faults(), faults(&[("name", "required")]));

    // Lists are replaced whole.
    let two = json!([{ "instance_id": "inst_a", "weight": 1 }, { "instance_id": "inst_b", "weight": 2 }]);
    server.make("/target-groups", &with(group("pool", "inst_a"), json!({ "members": two }))).await;
    let one = json!({ "revision": 1, "members": [{ "instance_id": "inst_b" }] });
    let edited = server.patch("/target-groups/tg_pool", &one).await.expect(200);
    let members = edited["members"].as_array().unwrap();
    assert_eq!(members.len(), 1);
    assert_eq!((&members[0]["instance_id"], &members[0]["weight"]), (&json!("inst_b"), &json!(100)));

    server.make("/smart-balancers", &balancer("desk", "inst_a")).await;
    let place = "/smart-balancers/sb_desk";
    let patch = json!({ "revision": 1, "classifier": { "budget_ms": 900 }, "enabled": false });
    let edited = server.patch(place, &patch).await.expect(200);
    assert_eq!(edited["classifier"]["budget_ms"], 900);
    assert_eq!(edited["classifier"]["context_turns"], 3);
    assert_eq!((&edited["enabled"], &edited["routes"][0]["name"]), (&json!(false), &json!("all")));

    for odd in [json!([]), json!(null), json!("x")] {
        assert_eq!(server.patch(place, &odd).await.faults(), faults(&[("", "type")]));
    }
    let unknown = server.patch(place, &json!({ "revision": 2, "clasifier": {} })).await;
    assert_eq!(unknown.faults(), faults(&[("clasifier", "unknown_field")]));
}

pub(crate) async fn what_was_read_can_be_put_back(server: &TestServer) {
    instances(server, &["a"]).await;
    for (path, _) in COLLECTIONS {
        let made = server.make(path, &body(path, "round-trip")).await;
        let place = format!("{path}/{}", made["id"].as_str().unwrap());
        let read = server.get(&place).await.expect(200);
        let put = server.put(&place, &read).await.expect(200);
        let patched = server.patch(&place, &put).await.expect(200);
        assert_eq!((&put["revision"], &patched["revision"]), (&json!(2), &json!(3)));
        let apart = json!({ "revision": null, "updated_at": null });
        for saved in [put, patched] {
            assert_eq!(with(saved, apart.clone()), with(read.clone(), apart.clone()));
        }
    }
    // What only reading shows is not taken from whoever writes.
    let lie = json!({ "revision": 3, "id": "inst_b", "api_key_set": true, "api_key_last4": "beef", "demo": true,
        "created_at": "1999-01-01T00:00:00Z", "updated_at": 5, "health": "fine" });
    let saved = server.patch("/instances/inst_round-trip", &lie).await.expect(200);
    assert_eq!(saved["id"], "inst_round-trip");
    assert_eq!((&saved["api_key_set"], &saved["demo"]), (&json!(false), &json!(false)));
    assert_eq!(saved["health"]["state"], "unknown");
    assert!(saved["created_at"].as_str() > Some("2000"));
}

pub(crate) async fn an_edit_carries_its_revision(server: &TestServer) {
    instances(server, &["a"]).await;
    for (path, _) in COLLECTIONS {
        let made = server.make(path, &body(path, "x")).await;
        let place = format!("{path}/{}", made["id"].as_str().unwrap());
        for (revision, code) in [
            (None, "required"),
            (Some(json!(null)), "required"),
            (Some(json!("1")), "type"),
            (Some(json!(0.5)), "type"),
        ] {
            let mut edit = body(path, "x");
            if let Some(revision) = revision {
                edit["revision"] = revision;
            }
            assert_eq!(server.put(&place, &edit).await.faults(), faults(&[("revision", code)]), "{edit}");
            assert_eq!(server.patch(&place, &edit).await.faults(), faults(&[("revision", code)]), "{edit}");
        }
        assert_eq!(server.get(&place).await.expect(200)["revision"], 1);
    }
}

pub(crate) async fn the_upstream_key_is_kept_removed_or_replaced(server: &TestServer) {
    let place = "/instances/inst_a";
    let told = |it: &Value| (it["api_key_set"].clone(), it["api_key_last4"].clone());
    let first = with(instance("A"), json!({ "api_key": "sk-upstream-first-wxyz" }));
    let set = (json!(true), json!("wxyz"));
    assert_eq!(told(&server.make("/instances", &first).await), set);

    let mut revision = 1;
    let mut save = async |put: bool, more: Value| {
        let body = with(if put { instance("A") } else { json!({}) }, json!({ "revision": revision }));
        let body = with(body, more);
        let answer = if put { server.put(place, &body).await } else { server.patch(place, &body).await };
        revision += 1;
        told(&answer.expect(200))
    };
    assert_eq!(save(true, json!({})).await, set, "absent keeps");
    assert_eq!(save(true, json!({ "api_key": "" })).await, set, "empty keeps");
    assert_eq!(save(false, json!({ "model": "m" })).await, set, "absent keeps");
    assert_eq!(save(false, json!({ "api_key": " " })).await, set, "empty keeps");
    assert_eq!(
        save(false, json!({ "api_key": "short" })).await,
        (json!(true), Value::Null),
        "too short to show"
    );
    assert_eq!(save(false, json!({ "api_key": null })).await, (json!(false), Value::Null), "null removes");
    assert_eq!(save(true, json!({ "api_key": "sk-upstream-other-wxyz" })).await, set);
    assert_eq!(save(true, json!({ "api_key": null })).await, (json!(false), Value::Null), "null removes");
    // Only instances have one.
    let refused = server.post("/target-groups", &with(group("g", "inst_a"), json!({ "api_key": "k" }))).await;
    assert_eq!(refused.faults(), faults(&[("api_key", "unknown_field")]));
}
