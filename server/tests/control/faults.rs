//! What breaks rules is refused with every fault at once, each with its path and its rule's name.

use serde_json::{Value, json};

use super::samples::{balancer, faults, group, instance, instances, with};
use crate::console::{Answer, TestServer};

/// That an answer tells exactly these faults, in any order.
fn assert_told(answer: &Answer, expected: &[(&str, &str)]) {
    let (mut told, mut expected) = (answer.faults(), faults(expected));
    told.sort();
    expected.sort();
    assert_eq!(told, expected);
}

pub(crate) async fn every_fault_is_told_at_once(server: &TestServer) {
    let broken = json!({
        "base_url": "ftp://127.0.0.1",
        "model": 5,
        "max_in_flight": -1,
        "timeouts": { "connect_ms": 0, "idle_ms": 3_600_001, "read_ms": 1 },
        "dimensions": 0,
        "api_key": 7,
        "colour": "red",
    });
    let expected = [
        ("name", "required"),
        ("base_url", "url_scheme"),
        ("model", "type"),
        ("max_in_flight", "out_of_range"),
        ("timeouts.connect_ms", "out_of_range"),
        ("timeouts.idle_ms", "out_of_range"),
        ("timeouts.read_ms", "unknown_field"),
        ("dimensions", "out_of_range"),
        ("api_key", "type"),
        ("colour", "unknown_field"),
    ];
    assert_told(&server.post("/instances", &broken).await, &expected);

    instances(server, &["a"]).await;
    let broken = json!({
        "name": "Bad Name",
        "selection_policy": "magic",
        "members": [
            { "instance_id": "inst_a", "weight": -1 },
            { "instance_id": "inst_a", "priority": 0 },
            {},
            "inst_b",
        ],
    });
    let expected = [
        ("name", "invalid_slug"),
        ("selection_policy", "unknown_value"),
        ("members[0].weight", "out_of_range"),
        ("members[1].priority", "out_of_range"),
        ("members[1].instance_id", "duplicate_member"),
        ("members[2].instance_id", "required"),
        ("members[3]", "type"),
    ];
    assert_told(&server.post("/target-groups", &broken).await, &expected);

    let broken = json!({
        "name": "  ",
        "serving_name": "-bad name",
        "display_name": "x".repeat(121),
        "description": null,
        "workload_kind": "speech",
        "enabled": "yes",
        "classifier": { "budget_ms": 99, "stickyness": 1 },
        "max_attempts": 11,
        "routes": [
            { "name": "A B", "intent": "ok", "destination": { "ref": "inst_none" }, "weight": 1_000_001, "is_default": true },
            { "name": "a", "intent": "Anything about code.", "destination": { "type": "instanc", "ref": "inst_a" },
                "is_default": true, "examples": [1] },
            { "name": "a", "intent": "Anything about text.", "colour": "red" },
        ],
        "colour": 1,
    });
    let expected = [
        ("name", "required"),
        ("serving_name", "invalid_serving_name"),
        ("display_name", "too_long"),
        ("description", "type"),
        ("workload_kind", "unknown_value"),
        ("enabled", "type"),
        ("classifier.budget_ms", "out_of_range"),
        ("classifier.stickyness", "unknown_field"),
        ("max_attempts", "out_of_range"),
        ("router_model", "required"),
        ("routes", "multiple_defaults"),
        ("routes[0].name", "invalid_slug"),
        ("routes[0].intent", "too_short"),
        ("routes[0].weight", "out_of_range"),
        ("routes[0].destination.type", "required"),
        ("routes[0].destination.ref", "unknown_destination"),
        ("routes[1].destination.type", "unknown_value"),
        ("routes[1].examples[0]", "type"),
        ("routes[2].name", "duplicate_name"),
        ("routes[2].destination", "required"),
        ("routes[2].colour", "unknown_field"),
        ("colour", "unknown_field"),
    ];
    assert_told(&server.post("/smart-balancers", &broken).await, &expected);
    // The same of an edit, where the revision is missing too.
    server.make("/smart-balancers", &balancer("desk", "inst_a")).await;
    let expected: Vec<_> = expected.into_iter().chain([("revision", "required")]).collect();
    assert_told(&server.put("/smart-balancers/sb_desk", &broken).await, &expected);

    for odd in [json!([]), json!("a"), json!(1), Value::Null] {
        assert_told(&server.post("/instances", &odd).await, &[("", "type")]);
    }
}

pub(crate) async fn a_default_route_is_required(server: &TestServer) {
    instances(server, &["a"]).await;
    let mut desk = balancer("desk", "inst_a");
    desk["routes"][0]["is_default"] = json!(false);
    let required = [("routes", "default_route_required")];
    assert_told(&server.post("/smart-balancers", &desk).await, &required);
    desk["routes"][0]["is_default"] = json!(true);
    server.make("/smart-balancers", &desk).await;
    let mut edit = json!({ "revision": 1, "routes": desk["routes"] });
    edit["routes"][0]["is_default"] = json!(false);
    assert_told(&server.patch("/smart-balancers/sb_desk", &edit).await, &required);
    edit["routes"] = json!([]);
    let none = [("routes", "too_short"), ("routes", "default_route_required")];
    assert_told(&server.patch("/smart-balancers/sb_desk", &edit).await, &none);
    edit["routes"] = json!([with(desk["routes"][0].clone(), json!({ "enabled": false }))]);
    let disabled = [("routes[0].enabled", "default_route_disabled")];
    assert_told(&server.patch("/smart-balancers/sb_desk", &edit).await, &disabled);
}

pub(crate) async fn an_address_that_must_not_be_called_is_refused(server: &TestServer) {
    let port = server.base.rsplit(':').next().unwrap();
    let own = |host: &str| format!("http://{host}:{port}/v1");
    for (url, code) in [
        ("http://169.254.169.254/latest".to_owned(), "address_refused"),
        ("http://[fe80::1]/".to_owned(), "address_refused"),
        ("http://metadata.google.internal/".to_owned(), "address_refused"),
        ("http://[fd20:ce::254]/v1".to_owned(), "address_refused"),
        ("http://[FD00:0EC2:0000::0023]:8000/v1".to_owned(), "address_refused"),
        ("http://[fd00:42::42]/".to_owned(), "address_refused"),
        ("http://[64:ff9b::169.254.170.23]/v1".to_owned(), "address_refused"),
        ("http://[2002:a9fe:aa02::]/v1".to_owned(), "address_refused"),
        (own("127.0.0.1"), "self_reference"),
        (own("localhost"), "self_reference"),
    ] {
        let answer = server.post("/instances", &with(instance("a"), json!({ "base_url": url }))).await;
        assert_eq!(answer.faults(), faults(&[("base_url", code)]), "{url}");
    }
    let refused =
        ["http://me:secret@127.0.0.1/", "http://2852039166/", "http://0x7f.1/", "127.0.0.1:8000", ""];
    for url in refused {
        let answer = server.post("/instances", &with(instance("a"), json!({ "base_url": url }))).await;
        assert_eq!(
            answer.faults().iter().map(|(path, _)| path.as_str()).collect::<Vec<_>>(),
            ["base_url"],
            "{url}"
        );
    }
    // The demo instances' own address is the exception.
    let demo = with(instance("a"), json!({ "base_url": format!("{}/demo/v1", server.base) }));
    server.make("/instances", &demo).await;
}

pub(crate) async fn what_others_rely_on_cannot_be_changed(server: &TestServer) {
    instances(server, &["a", "b"]).await;
    server.make("/target-groups", &group("pool", "inst_a")).await;
    server.make("/smart-balancers", &balancer("desk", "inst_b")).await;
    for id in ["inst_a", "inst_b"] {
        let edit = json!({ "revision": 1, "workload_kind": "embeddings" });
        let answer = server.patch(&format!("/instances/{id}"), &edit).await;
        assert_told(&answer, &[("workload_kind", "workload_mismatch")]);
        // Taking capacity out is allowed.
        let edit = json!({ "revision": 1, "enabled": false });
        server.patch(&format!("/instances/{id}"), &edit).await.expect(200);
    }
}
