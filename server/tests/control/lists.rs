//! Lists: pages, searches, and the names that clients can send.

use reqwest::Method;
use serde_json::{Value, json};

use super::samples::{balancer, faults, group, instances, with};
use crate::console::TestServer;

/// The ids of a list, in its order.
fn ids(list: &Value) -> Vec<&str> {
    list["data"].as_array().unwrap().iter().map(|it| it["id"].as_str().unwrap()).collect()
}

pub(crate) async fn lists_are_paginated(server: &TestServer) {
    let empty = server.get("/instances").await.expect(200);
    assert_eq!(empty, json!({ "data": [], "next": null }));
    // Hyphens and underscores are where databases disagree about the order of text.
    instances(server, &["a-c", "a_b", "ab", "a", "b"]).await;
    let all = ["inst_a", "inst_a-c", "inst_a_b", "inst_ab", "inst_b"];
    assert_eq!(ids(&server.get("/instances?limit=5").await.expect(200)), all);

    let mut seen = Vec::new();
    let mut next = String::new();
    for _ in 0..3 {
        let page = server.get(&format!("/instances?limit=2&cursor={next}")).await.expect(200);
        seen.extend(ids(&page).into_iter().map(str::to_owned));
        match page["next"].as_str() {
            Some(cursor) => cursor.clone_into(&mut next),
            None => break,
        }
    }
    assert_eq!(seen, all);
    // A page goes on where the last one ended, even if its last row is gone.
    server.delete("/instances/inst_a-c").await.expect(204);
    let page = server.get("/instances?limit=2&cursor=inst_a-c").await.expect(200);
    assert_eq!((ids(&page), &page["next"]), (vec!["inst_a_b", "inst_ab"], &json!("inst_ab")));

    for limit in ["0", "501", "-1", "x", "1.5", "", "99999999999999999999"] {
        let answer = server.get(&format!("/instances?limit={limit}")).await;
        assert_eq!(answer.faults(), faults(&[("limit", "out_of_range")]), "{limit}");
    }
    // Odd queries are no reason to fail.
    for query in ["?limit=x&limit=500", "?cursor=%ff", "?q", "?&&=", "?other=1"] {
        assert_eq!(server.get(&format!("/instances{query}")).await.status, 200, "{query}");
    }
}

pub(crate) async fn searches_match_names_and_ids(server: &TestServer) {
    instances(server, &["Paris GPU", "Berlin GPU", "Laptop"]).await;
    let pool = with(group("pool", "inst_laptop"), json!({ "display_name": "Small Ones" }));
    server.make("/target-groups", &pool).await;
    let desk = with(balancer("Desk", "inst_laptop"), json!({ "serving_name": "Helper/v1" }));
    server.make("/smart-balancers", &desk).await;
    for (path, q, found) in [
        ("/instances", "gpu", vec!["inst_berlin-gpu", "inst_paris-gpu"]),
        ("/instances", "INST_LAP", vec!["inst_laptop"]),
        ("/instances", "%20berlin%20", vec!["inst_berlin-gpu"]),
        ("/instances", "", vec!["inst_berlin-gpu", "inst_laptop", "inst_paris-gpu"]),
        ("/instances", "127.0.0.1", vec![]),
        ("/target-groups", "small", vec!["tg_pool"]),
        ("/smart-balancers", "helper%2FV", vec!["sb_desk"]),
        ("/smart-balancers", "desk", vec!["sb_desk"]),
    ] {
        assert_eq!(ids(&server.get(&format!("{path}?q={q}")).await.expect(200)), found, "{path} {q}");
    }
    let page = server.get("/instances?q=gpu&limit=1").await.expect(200);
    assert_eq!(page["next"], "inst_berlin-gpu");
}

pub(crate) async fn serving_endpoints_list_the_names_that_clients_can_use(server: &TestServer) {
    instances(server, &["a"]).await;
    server.make("/smart-balancers", &balancer("Desk", "inst_a")).await;
    let off = with(balancer("Off", "inst_a"), json!({ "serving_name": "Off/1", "enabled": false }));
    server.make("/smart-balancers", &off).await;
    let list = server.get("/serving-endpoints").await.expect(200);
    let row = |name: &str, id: &str, enabled: bool| json!({ "serving_name": name, "type": "smart_balancer", "ref": id, "workload_kind": "chat", "enabled": enabled });
    let rows = [row("desk", "sb_desk", true), row("Off/1", "sb_off", false)];
    assert_eq!(list, json!({ "data": rows, "next": null }));
    assert_eq!(server.get("/serving-endpoints?q=off").await.expect(200)["data"], json!([rows[1]]));
    let page = server.get("/serving-endpoints?limit=1").await.expect(200);
    assert_eq!((&page["data"], &page["next"]), (&json!([rows[0]]), &json!("sb_desk")));

    let head = server.send(server.rest(Method::HEAD, "/serving-endpoints")).await;
    assert_eq!((head.status, head.text.as_str()), (200, ""));
}
