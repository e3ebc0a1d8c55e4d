//! Dry runs, smoke tests and tests of instances, with the demo instances as upstreams.

use fault_upstream::FaultUpstream;
use reqwest::Method;
use serde_json::{Value, json};

use super::samples::faults;
use crate::console::{Home, TestServer};

/// A server with demo instances and a balancer over two of them.
async fn server() -> TestServer {
    demo_desk("inst_demo-router").await
}

/// The same with this router model.
pub(super) async fn demo_desk(router: &str) -> TestServer {
    let mut home = Home::new();
    home.settings.demo = true;
    let server = home.start().await;
    let route = |name: &str, intent: &str, instance: &str, is_default: bool| {
        json!({
            "name": name, "intent": intent, "is_default": is_default,
            "destination": { "type": "instance", "ref": instance },
        })
    };
    let desk = json!({
        "name": "desk",
        "router_model": { "type": "instance", "ref": router },
        "routes": [
            route("code", "The user asks for help with program code.", "inst_demo-coder", false),
            route("general", "Everything else, such as small talk.", "inst_demo-helper", true),
        ],
    });
    server.make("/smart-balancers", &desk).await;
    server
}

fn prompt(text: &str) -> Value {
    json!({ "model": "desk", "messages": [{ "role": "user", "content": text }] })
}

#[tokio::test]
async fn a_dry_run_returns_the_decision() {
    let server = server().await;
    let place = "/smart-balancers/sb_desk/decide";
    let body = server.post(place, &prompt("Fix the borrow error in this Rust function.")).await.expect(200);
    let decision = &body["decision"];
    assert_eq!((&decision["route"], &decision["reason"]), (&json!("code"), &json!("matched")), "{body}");
    assert_eq!(decision["candidates"][0]["route"], "code");
    assert!(decision["router"]["messages"].is_array() && decision["router"]["answer"].is_string(), "{body}");
    assert!(decision["id"].is_string() && decision["ms"].is_number());
    assert_eq!(decision["excerpt"], json!({ "chars": 43, "cut": false }));
    let long = server.post(place, &prompt(&"a word ".repeat(3_000))).await.expect(200);
    assert_eq!(long["decision"]["excerpt"], json!({ "chars": 8_000, "cut": true }), "{long}");
    // Nothing was called but the router, and nothing is remembered.
    let health = server.get("/instances/inst_demo-coder").await.expect(200)["health"]["state"].clone();
    assert_eq!(health, "unknown");

    assert_eq!(server.post(place, &json!({ "messages": 5 })).await.code(422), "invalid");
    assert_eq!(server.post("/smart-balancers/sb_none/decide", &prompt("x")).await.code(404), "not_found");
}

#[tokio::test]
async fn a_smoke_test_calls_the_default_route_unless_another_is_named() {
    let server = server().await;
    let place = "/smart-balancers/sb_desk/smoke-test";
    for (body, route, instance) in [
        (json!({}), "general", "inst_demo-helper"),
        (json!({ "route": null }), "general", "inst_demo-helper"),
        (json!({ "route": "code" }), "code", "inst_demo-coder"),
    ] {
        let report = server.post(place, &body).await.expect(200);
        assert_eq!((&report["ok"], &report["status"]), (&json!(true), &json!(200)), "{report}");
        assert_eq!((&report["route"], &report["reason"]), (&json!(route), &json!("forced")));
        assert_eq!(report["instance_id"], instance);
        assert_eq!(report["attempts"][0]["outcome"], "ok", "{report}");
        assert!(!report["answer"].as_str().unwrap().is_empty());
    }
    assert_eq!(server.post(place, &json!({ "route": "none" })).await.code(422), "invalid");
    assert_eq!(server.post(place, &json!({ "route": 1 })).await.faults(), faults(&[("route", "type")]));
    assert_eq!(
        server.post(place, &json!({ "rute": "code" })).await.faults(),
        faults(&[("rute", "unknown_field")])
    );
    assert_eq!(server.post(place, &json!([])).await.faults(), faults(&[("", "type")]));
    assert_eq!(server.post("/smart-balancers/sb_none/smoke-test", &json!({})).await.code(404), "not_found");
}

#[tokio::test]
async fn learned_embedding_dimensions_are_shown() {
    let server = server().await;
    let upstream = FaultUpstream::start().await.unwrap();
    let place = "/instances/inst_vectors";
    let vectors = json!({
        "name": "vectors", "base_url": upstream.base_url(), "model": "dim@12", "workload_kind": "embeddings",
    });
    server.make("/instances", &vectors).await;
    let own = json!({
        "name": "index", "workload_kind": "embeddings", "routing_mode": "ordered",
        "routes": [{
            "name": "all", "intent": "Everything there is to find.", "is_default": true,
            "destination": { "type": "instance", "ref": "inst_vectors" },
        }],
    });
    server.make("/smart-balancers", &own).await;
    assert_eq!(server.get(place).await.expect(200)["dimensions"], Value::Null);
    server.post("/smart-balancers/sb_index/smoke-test", &json!({})).await.expect(200);
    assert_eq!(server.get(place).await.expect(200)["dimensions"], 12);
}

#[tokio::test]
async fn an_instance_test_returns_a_verdict() {
    let server = server().await;
    let test = async |id: &str| {
        // It takes no body.
        server.send(server.rest(Method::POST, &format!("/instances/{id}/test"))).await
    };
    let verdict = test("inst_demo-coder").await.expect(200);
    assert_eq!((&verdict["ok"], &verdict["kind"]), (&json!(true), &json!("models")), "{verdict}");
    server.make("/instances", &super::samples::instance("dead")).await;
    let verdict = test("inst_dead").await.expect(200);
    assert_eq!(verdict["ok"], false, "{verdict}");
    assert!(!verdict["message"].as_str().unwrap().contains("127.0.0.1"), "{verdict}");
    assert_eq!(test("inst_none").await.code(404), "not_found");
}

#[tokio::test]
async fn instance_tests_are_rate_limited() {
    let server = server().await;
    server.make("/instances", &super::samples::instance("dead")).await;
    let test = async || server.send(server.rest(Method::POST, "/instances/inst_dead/test")).await;
    for _ in 0..60 {
        test().await.expect(200);
    }
    let refused = test().await;
    assert_eq!(refused.code(429), "throttled");
    assert!(refused.header("retry-after").parse::<u64>().unwrap() > 0);
}
