//! The request log as REST shows it.

use std::time::{Duration, Instant};

use app::domain::ids::RequestId;
use serde_json::{Value, json};

use super::samples::{balancer, faults, instances};
use crate::{
    calls::{call, fill, id, number},
    console::TestServer,
};

/// As quick as a page of a large log must be.
const QUICK: Duration = Duration::from_millis(50);

/// The ids of a list, as the numbers that the samples have.
fn numbers(list: &Value) -> Vec<u32> {
    let rows = list["data"].as_array().unwrap();
    rows.iter().map(|it| number(&RequestId::parse(it["id"].as_str().unwrap()).unwrap())).collect()
}

/// A log of calls from 0 to `count`.
async fn filled(server: &TestServer, count: u32) {
    fill(&server.store().await, count).await;
}

pub(crate) async fn a_logged_call_has_the_documented_fields(server: &TestServer) {
    filled(server, 5).await;
    let facts = json!({
        "id": id(4), "decision_id": id(4).decision_id(), "at": "2023-11-14T22:13:24.123Z",
        "balancer": "sb_0", "serving_name": "Desk/0", "route": "general", "reason": "matched",
        "instance_id": "inst_1", "status": 502, "code": "upstream_error", "stream": false, "attempts": 2,
        "ms": { "route": 12.345, "first_byte": 0.001, "total": 86_400_000.001 },
        "tokens": { "prompt": 4, "completion": 0 }, "api_key": "key",
        "api": "chat_completions", "empty": false, "preparation": false, "origin": "client",
        "chosen": "general", "confidence": 0.004,
    });
    let list = server.get("/requests").await.expect(200);
    assert_eq!((numbers(&list), &list["next"]), (vec![4, 3, 2, 1, 0], &Value::Null));
    assert_eq!(list["data"][0], facts);

    let mut whole = facts;
    let detail = call(4);
    whole["decision"] = json!(detail.decision);
    whole["attempts"] = json!(detail.attempts);
    assert_eq!(server.get(&format!("/requests/{}", id(4))).await.expect(200), whole);
    assert_eq!(server.get("/requests/req_none").await.code(404), "not_found");
    assert_eq!(server.get("/requests/%00").await.code(404), "not_found");
    assert_eq!(server.get("/requests?route=%00&balancer=%00").await.expect(200)["data"], json!([]));
}

pub(crate) async fn filters_apply_to_every_page(server: &TestServer) {
    filled(server, 40).await;
    for (query, passes) in [
        ("balancer=sb_1", (|n| n % 2 == 1) as fn(u32) -> bool),
        ("route=%C3%BC", |n| n % 3 == 2),
        ("reason=no_match", |n| n % 4 == 1),
        ("status=502", |n| n % 7 == 4),
        ("status=4xx", |n| n % 7 == 2 || n % 7 == 3),
        ("balancer=sb_0&route=code&status=2xx", |n| n % 6 == 0 && [0, 1, 6].contains(&(n % 7))),
        ("balancer=&route=&reason=&status=", |_| true),
        ("balancer=sb_none", |_| false),
        ("route=Code", |_| false),
    ] {
        let expected: Vec<u32> = (0..40).rev().filter(|it| passes(*it)).collect();
        let mut seen = Vec::new();
        let mut cursor = String::new();
        loop {
            let page = server.get(&format!("/requests?{query}&limit=3&cursor={cursor}")).await.expect(200);
            seen.extend(numbers(&page));
            match page["next"].as_str() {
                Some(next) => next.clone_into(&mut cursor),
                None => break,
            }
        }
        assert_eq!(seen, expected, "{query}");
    }
}

pub(crate) async fn a_balancer_is_found_by_its_serving_name(server: &TestServer) {
    instances(server, &["a"]).await;
    let mut body = balancer("Zero", "inst_a");
    body["id"] = json!("sb_0");
    body["serving_name"] = json!("Desk/Zero");
    server.make("/smart-balancers", &body).await;
    filled(server, 6).await;
    for name in ["Desk/Zero", "desk%2Fzero", "sb_0"] {
        let list = server.get(&format!("/requests?balancer={name}")).await.expect(200);
        assert_eq!(numbers(&list), [4, 2, 0], "{name}");
    }
    // Calls outlive their balancer.
    server.delete("/smart-balancers/sb_0").await.expect(204);
    assert_eq!(numbers(&server.get("/requests?balancer=sb_0").await.expect(200)), [4, 2, 0]);
}

pub(crate) async fn invalid_query_parameters_are_reported(server: &TestServer) {
    let every = server.get("/requests?reason=x&status=x&cursor=x&limit=x").await.faults();
    let unknown = "unknown_value";
    let told = [("reason", unknown), ("status", unknown), ("cursor", unknown), ("limit", "out_of_range")];
    assert_eq!(every, faults(&told));
    for status in ["6xx", "600", "99", "5x", "-502", "5xx,4xx"] {
        assert_eq!(server.get(&format!("/requests?status={status}")).await.faults(), faults(&told[1..2]));
    }
    for query in ["?status=5xx", "?status=5XX", "?status=x&status=404", "?other=1", "?q=x", "?&&="] {
        assert_eq!(server.get(&format!("/requests{query}")).await.status, 200, "{query}");
    }
}

pub(crate) async fn pages_of_ten_thousand_calls_are_fast(server: &TestServer) {
    filled(server, 10_000).await;
    for query in
        ["", "balancer=sb_1", "route=code", "reason=forced", "status=499", "status=5xx&route=general"]
    {
        // What is measured is the server, not what else the machine does: one quick answer tells.
        let mut best = Duration::MAX;
        for _ in 0..100 {
            let begun = Instant::now();
            let page = server.get(&format!("/requests?{query}")).await;
            best = best.min(begun.elapsed());
            assert_eq!(numbers(&page.expect(200)).len(), 100);
            if best < QUICK {
                break;
            }
        }
        assert!(best < QUICK, "{query}: {best:?}");
    }
}
