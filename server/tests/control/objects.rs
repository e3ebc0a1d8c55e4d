//! The three collections: made, read, listed and deleted.

use app::domain::timestamp::Timestamp;
use reqwest::Method;
use serde_json::{Value, json};

use super::samples::{COLLECTIONS, balancer, body, faults, group, instance, instances, with};
use crate::console::{TOKEN, TestServer};

pub(crate) async fn creating_an_object_returns_it_completely(server: &TestServer) {
    let health = json!({ "state": "unknown", "until": null, "reason": null });
    let expected = [
        json!({
            "id": "inst_a",
            "name": "A",
            "base_url": "http://127.0.0.1:9/v1",
            "model": "small",
            "auth_header": "authorization",
            "headers": {},
            "needs_reentry": [],
            "apis": { "chat_completions": "auto", "completions": "auto", "responses": "auto", "messages": "auto" },
            "workload_kind": "chat",
            "enabled": true,
            "max_in_flight": 0,
            "timeouts": { "connect_ms": 5_000, "first_byte_ms": 120_000, "answer_ms": 600_000, "idle_ms": 300_000, "total_ms": 0 },
            "dimensions": null,
            "api_key_set": false,
            "api_key_last4": null,
            "demo": false,
            "health": health,
            "apis_learned": {},
        }),
        json!({
            "id": "tg_pool",
            "name": "pool",
            "display_name": "",
            "description": "",
            "workload_kind": "chat",
            "selection_policy": "weighted_round_robin",
            "enabled": true,
            "members": [
                { "instance_id": "inst_a", "weight": 100, "enabled": true, "priority": 1, "health": health },
            ],
        }),
        json!({
            "id": "sb_help-desk",
            "name": "Help desk",
            "serving_name": "help-desk",
            "display_name": "",
            "description": "",
            "workload_kind": "chat",
            "enabled": true,
            "routing_mode": "ordered",
            "ordered_strategy": "failover",
            "router_model": null,
            "classifier": {
                "stickiness": "per_user_turn",
                "budget_ms": 2_500,
                "cache_ttl_s": 300,
                "context_turns": 3,
                "max_chars": 8_000,
                "min_confidence": 0.0,
                "confidence": "auto",
            },
            "max_attempts": 3,
            "mask_upstream_model": false,
            "deadline_ms": 0,
            "stream_keepalive_s": 25,
            "routes": [{
                "name": "all",
                "intent": "Any prompt is welcome here.",
                "examples": [],
                "destination": { "type": "instance", "ref": "inst_a" },
                "priority": 1,
                "weight": 100,
                "enabled": true,
                "is_default": true,
            }],
        }),
    ];
    let bodies = [instance("A"), group("pool", "inst_a"), balancer("Help desk", "inst_a")];
    for (((path, _), body), expected) in COLLECTIONS.into_iter().zip(bodies).zip(expected) {
        let answer = server.post(path, &body).await;
        let made = answer.expect(201);
        let id = made["id"].as_str().unwrap();
        assert_eq!(answer.header("location"), format!("/api/v1{path}/{id}"));
        assert_eq!(answer.header("content-type"), "application/json");
        assert_eq!(made["revision"], 1);
        assert_eq!(made["created_at"], made["updated_at"]);
        assert!(Timestamp::parse(made["created_at"].as_str().unwrap()).unwrap() > Timestamp(0));

        let mut told = made.clone();
        for name in ["revision", "created_at", "updated_at"] {
            told.as_object_mut().unwrap().remove(name).unwrap();
        }
        for member in told.get_mut("members").and_then(Value::as_array_mut).into_iter().flatten() {
            assert!(member.as_object_mut().unwrap().remove("share").unwrap().is_f64());
        }
        assert_eq!(told, expected);

        let read = server.send(server.bare(Method::GET, answer.header("location")).bearer_auth(TOKEN));
        assert_eq!(read.await.expect(200), made);
        assert_eq!(server.get(path).await.expect(200), json!({ "data": [made], "next": null }));
    }
}

pub(crate) async fn callers_can_choose_ids(server: &TestServer) {
    instances(server, &["a"]).await;
    for (path, prefix) in COLLECTIONS {
        let id = format!("{prefix}chosen_1");
        let made = server.make(path, &with(body(path, "x"), json!({ "id": id }))).await;
        assert_eq!(made["id"], json!(id));
        for bad in ["chosen", prefix, &format!("{prefix}Ü"), &format!("{prefix}a/b"), &prefix.to_uppercase()]
        {
            let answer = server.post(path, &with(body(path, "y"), json!({ "id": bad }))).await;
            assert_eq!(answer.faults(), faults(&[("id", "invalid_id")]), "{path} {bad}");
        }
    }
}

pub(crate) async fn ids_are_derived_from_names(server: &TestServer) {
    for (name, id) in
        [("GPU box (1)", "inst_gpu-box-1"), ("gpu.box 1", "inst_gpu-box-1-2"), ("日本", "inst_1")]
    {
        assert_eq!(server.make("/instances", &instance(name)).await["id"], id);
    }
}

pub(crate) async fn deleting_an_object_removes_it_completely(server: &TestServer) {
    instances(server, &["a"]).await;
    for (path, _) in COLLECTIONS {
        let made = server.make(path, &body(path, "short-lived")).await;
        let place = format!("{path}/{}", made["id"].as_str().unwrap());
        let edited = server.patch(&place, &json!({ "enabled": false, "revision": 1 })).await;
        assert_eq!(edited.expect(200)["revision"], 2);

        let answer = server.delete(&place).await;
        assert_eq!((answer.expect(204), answer.text.as_str()), (Value::Null, ""));
        assert_eq!(server.get(&place).await.code(404), "not_found");
        let left = server.get(path).await.expect(200)["data"].as_array().unwrap().len();
        assert_eq!(left, usize::from(path == "/instances"));
        assert_eq!(server.delete(&place).await.code(404), "not_found");

        // Its name and id are free, and what takes them is new.
        let again = server.make(path, &body(path, "short-lived")).await;
        assert_eq!((&again["id"], &again["revision"]), (&made["id"], &json!(1)));
        assert_eq!(server.delete(&place).await.status, 204);
    }
}

pub(crate) async fn unknown_objects_are_not_found(server: &TestServer) {
    instances(server, &["a"]).await;
    for (path, prefix) in COLLECTIONS {
        for id in [&format!("{prefix}none"), "x", "%20", "..%2f..", "%ff", &"x".repeat(5_000)] {
            let place = format!("{path}/{id}");
            let edit = with(body(path, "n"), json!({ "revision": 1 }));
            assert_eq!(server.get(&place).await.code(404), "not_found", "{place}");
            assert_eq!(server.put(&place, &edit).await.code(404), "not_found", "{place}");
            assert_eq!(server.patch(&place, &edit).await.code(404), "not_found", "{place}");
            assert_eq!(server.delete(&place).await.code(404), "not_found", "{place}");
        }
    }
    // Ids are those of their own collection.
    assert_eq!(server.get("/target-groups/inst_a").await.code(404), "not_found");
    assert_eq!(server.get("/nowhere").await.code(404), "not_found");
    let answer = server.send(server.rest(Method::PUT, "/instances")).await;
    assert_eq!(answer.code(405), "method_not_allowed");
    let allowed: Vec<_> = answer.header("allow").split(',').collect();
    assert!(allowed.contains(&"GET") && allowed.contains(&"POST"), "{allowed:?}");
}
