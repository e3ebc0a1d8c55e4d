//! What stands in each other's way: stale edits, taken names and ids, objects in use.

use serde_json::json;

use super::samples::{COLLECTIONS, balancer, body, faults, group, instance, instances, with};
use crate::console::{Answer, TestServer, told};

pub(crate) async fn a_stale_edit_is_refused_with_the_current_object(server: &TestServer) {
    instances(server, &["a"]).await;
    for (path, _) in COLLECTIONS {
        let made = server.make(path, &body(path, "x")).await;
        let place = format!("{path}/{}", made["id"].as_str().unwrap());
        let now = server.patch(&place, &json!({ "revision": 1, "enabled": false })).await.expect(200);
        let edit = with(body(path, "y"), json!({ "revision": 1 }));
        // What else is wrong with it is of no interest: it was made from something else.
        let broken = json!({ "revision": 7, "name": 5 });
        for answer in [
            server.put(&place, &edit).await,
            server.patch(&place, &edit).await,
            server.put(&place, &broken).await,
        ] {
            assert_eq!(answer.code(409), "stale_revision");
            assert_eq!(answer.expect(409)["current"], now);
        }
        let again = with(edit, json!({ "revision": now["revision"] }));
        assert_eq!(server.put(&place, &again).await.expect(200)["revision"], 3);
    }
}

/// That an answer is a conflict of this code, told at this path as well.
fn assert_taken(answer: &Answer, code: &str, path: &str) {
    assert_eq!(answer.code(409), code);
    assert_eq!(told(&answer.expect(409)["error"]["fields"]), faults(&[(path, code)]));
}

pub(crate) async fn a_taken_name_or_id_is_refused(server: &TestServer) {
    instances(server, &["a"]).await;
    for (path, prefix) in COLLECTIONS {
        server.make(path, &body(path, "first")).await;
        let second = server.make(path, &body(path, "second")).await;
        let place = format!("{path}/{}", second["id"].as_str().unwrap());
        // Group names have no upper case.
        let name = if path == "/target-groups" { "first" } else { " FIRST " };

        let mut taken = body(path, name);
        if path == "/smart-balancers" {
            taken["serving_name"] = json!("another");
        }
        assert_taken(&server.post(path, &taken).await, "name_taken", "name");
        let edit = json!({ "revision": 1, "name": name });
        assert_taken(&server.patch(&place, &edit).await, "name_taken", "name");

        let taken = with(body(path, "third"), json!({ "id": format!("{prefix}first") }));
        assert_taken(&server.post(path, &taken).await, "id_taken", "id");
        // Beside other faults it is one of them.
        let worse = with(taken, json!({ "enabled": 1 }));
        assert_eq!(
            server.post(path, &worse).await.faults(),
            faults(&[("enabled", "type"), ("id", "id_taken")])
        );
        // One's own name is no conflict, in whatever case.
        let own = if path == "/target-groups" { "second" } else { "Second" };
        assert_eq!(
            server.patch(&place, &json!({ "revision": 1, "name": own })).await.expect(200)["name"],
            own
        );
    }
    let place = "/smart-balancers/sb_second";
    let taken = with(balancer("third", "inst_a"), json!({ "serving_name": "First" }));
    assert_taken(&server.post("/smart-balancers", &taken).await, "serving_name_taken", "serving_name");
    let edit = json!({ "revision": 2, "serving_name": "FIRST" });
    assert_taken(&server.patch(place, &edit).await, "serving_name_taken", "serving_name");
    let edit = json!({ "revision": 2, "serving_name": "SECOND" });
    assert_eq!(server.patch(place, &edit).await.expect(200)["serving_name"], "SECOND");
}

pub(crate) async fn objects_in_use_cannot_be_deleted(server: &TestServer) {
    instances(server, &["a", "b", "c"]).await;
    server.make("/target-groups", &group("pool", "inst_a")).await;
    let mut desk = balancer("Desk", "inst_b");
    desk["routing_mode"] = json!("intent_classifier");
    desk["router_model"] = json!({ "type": "instance", "ref": "inst_c" });
    let route = json!({ "name": "pool", "destination": { "type": "target_group", "ref": "tg_pool" }, "is_default": false });
    let route = with(desk["routes"][0].clone(), route);
    desk["routes"].as_array_mut().unwrap().push(route);
    server.make("/smart-balancers", &desk).await;

    let pool = json!({ "type": "target_group", "id": "tg_pool", "name": "pool" });
    let balancer = json!({ "type": "smart_balancer", "id": "sb_desk", "name": "Desk" });
    for (place, user) in [
        ("/instances/inst_a", &pool),
        ("/instances/inst_b", &balancer),
        ("/instances/inst_c", &balancer),
        ("/target-groups/tg_pool", &balancer),
    ] {
        let answer = server.delete(place).await;
        assert_eq!(answer.code(409), "in_use", "{place}");
        assert_eq!(answer.expect(409)["used_by"], json!([user]), "{place}");
        assert_eq!(server.get(place).await.status, 200);
    }
    // From the top down everything can go.
    for place in [
        "/smart-balancers/sb_desk",
        "/target-groups/tg_pool",
        "/instances/inst_a",
        "/instances/inst_b",
        "/instances/inst_c",
    ] {
        server.delete(place).await.expect(204);
    }
    server.make("/instances", &instance("a")).await;
}
