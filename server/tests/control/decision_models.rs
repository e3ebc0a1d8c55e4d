//! Decision models and confidence over REST: what may be saved, and what calls leave in the log.

use reqwest::Method;
use serde_json::{Value, json};

use super::{
    desk::{Desk, kept},
    engine::demo_desk,
    evaluation::{editor, shows},
    samples::{faults, with},
};
use crate::console::TestServer;

/// A balancer `NAME` with the routes `code` and `general` over `inst_good`.
fn balancer(name: &str, router: &str, classifier: Value) -> Value {
    let route = |name: &str, is_default: bool| {
        json!({
            "name": name, "intent": "Any prompt is welcome here.", "is_default": is_default,
            "destination": { "type": "instance", "ref": "inst_good" },
        })
    };
    let kind = if router.starts_with("tg_") { "target_group" } else { "instance" };
    json!({
        "name": name, "router_model": { "type": kind, "ref": router }, "classifier": classifier,
        "routes": [route("code", false), route("general", true)],
    })
}

async fn decision_instance(desk: &Desk<'_>, name: &str, fault: &str) {
    let body = json!({
        "name": name, "base_url": desk.upstream.base_url(), "model": fault, "workload_kind": "decision",
    });
    assert_eq!(desk.server.make("/instances", &body).await["workload_kind"], "decision");
}

#[tokio::test]
async fn a_decision_model_can_be_a_router_model_and_nothing_else() {
    let server = TestServer::start().await;
    let desk = Desk::open(&server).await;
    decision_instance(&desk, "decider", "ok").await;
    let group = json!({
        "name": "deciders", "workload_kind": "decision", "members": [{ "instance_id": "inst_decider" }],
    });
    server.make("/target-groups", &group).await;
    for (name, router) in [("one", "inst_decider"), ("many", "tg_deciders")] {
        server.make("/smart-balancers", &balancer(name, router, json!({}))).await;
    }
    let mixed = json!({ "name": "mixed", "members": [{ "instance_id": "inst_decider" }] });
    let refused = server.post("/target-groups", &mixed).await.faults();
    assert_eq!(refused, faults(&[("members[0].instance_id", "workload_mismatch")]));
    for (kind, target) in [("instance", "inst_decider"), ("target_group", "tg_deciders")] {
        let mut body = balancer("wrong", "inst_decider", json!({}));
        body["routes"][0]["destination"] = json!({ "type": kind, "ref": target });
        let refused = server.post("/smart-balancers", &body).await;
        assert_eq!(refused.faults(), faults(&[("routes[0].destination.ref", "workload_mismatch")]));
        assert!(refused.text.contains("can only be a router model"), "{}", refused.text);
    }
    let body = with(balancer("wrong", "inst_decider", json!({})), json!({ "workload_kind": "decision" }));
    assert_eq!(
        server.post("/smart-balancers", &body).await.faults(),
        faults(&[("workload_kind", "unknown_value")])
    );
    // What routes or answers cannot become the other by an edit of its kind.
    for (id, kind) in [("inst_decider", "embeddings"), ("inst_good", "decision")] {
        let patch = json!({ "revision": 1, "workload_kind": kind });
        let refused = server.patch(&format!("/instances/{id}"), &patch).await.faults();
        assert_eq!(refused.first(), faults(&[("workload_kind", "workload_mismatch")]).first(), "{id}");
    }
}

#[tokio::test]
async fn a_minimum_confidence_is_a_share_and_survives_export_and_import() {
    let server = TestServer::start().await;
    let desk = Desk::open(&server).await;
    decision_instance(&desk, "decider", "ok").await;
    for (wrong, code) in [
        (json!(1.001), "out_of_range"),
        (json!(-0.1), "out_of_range"),
        (json!("0.5"), "type"),
        (json!(null), "type"),
        (json!([]), "type"),
    ] {
        let body = balancer("b", "inst_decider", json!({ "min_confidence": wrong }));
        let refused = server.post("/smart-balancers", &body).await.faults();
        assert_eq!(refused, faults(&[("classifier.min_confidence", code)]), "{wrong}");
    }
    let body = balancer("b", "inst_decider", json!({ "confidence": "maybe" }));
    let refused = server.post("/smart-balancers", &body).await.faults();
    assert_eq!(refused, faults(&[("classifier.confidence", "unknown_value")]));
    let plain = server.make("/smart-balancers", &balancer("plain", "inst_decider", json!({}))).await;
    let told = |it: &Value| json!([it["classifier"]["min_confidence"], it["classifier"]["confidence"]]);
    assert_eq!(told(&plain), json!([0.0, "auto"]));
    let set = json!({ "min_confidence": 0.65, "confidence": "off" });
    let made = server.make("/smart-balancers", &balancer("b", "inst_decider", set)).await;
    assert_eq!(told(&made), json!([0.65, "off"]));
    let exported = server.get("/config/export").await.expect(200);
    let other = TestServer::start().await;
    other.post("/config/import", &exported).await.expect(200);
    assert_eq!(told(&other.get("/smart-balancers/sb_b").await.expect(200)), json!([0.65, "off"]));
    assert_eq!(other.get("/instances/inst_decider").await.expect(200)["workload_kind"], "decision");
    assert_eq!(other.get("/config/export").await.expect(200)["instances"], exported["instances"]);
}

#[tokio::test]
async fn the_log_has_the_confidence_and_what_was_chosen_and_is_filtered_by_the_reason() {
    let server = TestServer::start().await;
    let desk = Desk::open(&server).await;
    decision_instance(&desk, "decider", "router@code+sure@60").await;
    let minimum = json!({ "min_confidence": 0.5, "cache_ttl_s": 0 });
    server.make("/smart-balancers", &balancer("b", "inst_decider", minimum)).await;
    let answer = desk.send("b", json!({})).await;
    assert_eq!(answer.status, 200);
    assert_eq!((answer.header("x-sb-reason"), answer.header("x-sb-confidence")), ("low_confidence", "0.400"));
    let record = desk.kept(&answer).await;
    let told = |it: &Value| json!([it["route"], it["reason"], it["chosen"], it["confidence"]]);
    let expected = json!(["general", "low_confidence", "code", 0.4]);
    assert_eq!((told(&record), told(&record["decision"])), (expected.clone(), expected.clone()));
    let found = server.get("/requests?reason=low_confidence").await.expect(200);
    assert_eq!(found["data"].as_array().unwrap().iter().map(told).collect::<Vec<_>>(), [expected]);
    let metrics = server.send(server.bare(Method::GET, "/metrics").bearer_auth(crate::console::TOKEN)).await;
    assert!(metrics.text.contains("reason=\"low_confidence\""), "{}", metrics.text);
    // What another minimum would have changed is on the page of the balancer.
    let (cookie, page) = (editor(&server).await, "/balancers/sb_b?tab=decisions");
    for (threshold, words) in [
        ("", "Threshold 0.500: 0 of the last 1 decisions with a confidence would change."),
        ("&threshold=0.4", "Threshold 0.400: 1 of the last 1 decisions with a confidence would change."),
        ("&threshold=2", "Threshold 0.500: 0 of the last 1"),
    ] {
        let shown = shows(&server, &cookie, &format!("{page}{threshold}"), words).await;
        assert!(shown.contains("Set the minimum confidence to 0."), "{shown}");
    }
    let offered = "/balancers/sb_b/edit/router?threshold=0.400";
    let shown = shows(&server, &cookie, &format!("{page}&threshold=0.4"), offered).await;
    assert!(shown.contains("Set the minimum confidence to 0.400"), "{shown}");
    shows(&server, &cookie, offered, "value=\"0.400\"").await;
    // A call that no router model decided has neither.
    let forced = server.send(desk.call("b", json!({ "messages": [] }))).await;
    let record = kept(&server, forced.header("x-request-id")).await;
    assert_eq!((&record["chosen"], &record["confidence"]), (&Value::Null, &Value::Null));
}

#[tokio::test]
async fn the_demo_has_a_decision_model_that_says_how_sure_it_is() {
    let server = demo_desk("inst_demo-decider").await;
    let prompt = json!({ "model": "desk", "messages": [
        { "role": "user", "content": "Fix the borrow error in this Rust function." },
    ] });
    let body = server.post("/smart-balancers/sb_desk/decide", &prompt).await.expect(200);
    let decision = &body["decision"];
    assert_eq!((&decision["route"], &decision["reason"]), (&json!("code"), &json!("matched")), "{body}");
    assert!(decision["confidence"].as_f64().unwrap() > 0.3, "{body}");
    let probabilities = decision["router"]["probabilities"].as_array().unwrap();
    let all: f64 = probabilities.iter().map(|it| it["probability"].as_f64().unwrap()).sum();
    assert!(probabilities.len() == 3 && (all - 1.0).abs() < 0.01, "{body}");
    let tested = server.post("/instances/inst_demo-decider/test", &json!({})).await.expect(200);
    assert!(tested["ok"] == true && tested["message"].as_str().unwrap().contains("/systemone"), "{tested}");
}
