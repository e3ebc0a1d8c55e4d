//! Who may do what.

use app::api::ports::Role;
use reqwest::Method;
use serde_json::{Value, json};

use super::samples::{balancer, group, instance, instances};
use crate::console::{Answer, TestServer};

/// A REST request by somebody's session.
async fn ask(server: &TestServer, cookie: &str, method: Method, path: &str, body: &Value) -> Answer {
    let request = server.bare(method, &format!("/api/v1{path}")).header("cookie", cookie);
    server.send(request.header("content-type", "application/json").body(body.to_string())).await
}

#[tokio::test]
async fn each_role_may_do_what_is_its_own() {
    let server = TestServer::start().await;
    instances(&server, &["a"]).await;
    let made = server.make("/api-keys", &json!({ "name": "old" })).await;
    let old_key = format!("/api-keys/{}", made["id"].as_str().unwrap());
    let now = server::clock::now();
    let viewer = server.session("vera", Role::Viewer, [now, now]).await;
    let editor = server.session("edda", Role::Editor, [now, now]).await;
    let admin = server.session("ada", Role::Admin, [now, now]).await;

    let (post, patch, delete) = (Method::POST, Method::PATCH, Method::DELETE);
    let edit = json!({ "revision": 1, "max_in_flight": 1 });
    let moved = json!({ "revision": 2, "base_url": "http://127.0.0.1:10" });
    let nothing = json!({});
    // What is done, and whether the viewer and the editor may do it.
    for (method, path, body, by_editor) in [
        (&post, "/instances", &instance("b"), 403),
        (&post, "/target-groups", &group("pool", "inst_a"), 201),
        (&post, "/smart-balancers", &balancer("desk", "inst_a"), 201),
        (&post, "/api-keys", &json!({ "name": "new" }), 201),
        (&patch, "/instances/inst_a", &edit, 200),
        (&patch, "/instances/inst_a", &moved, 403),
        (&patch, "/target-groups/tg_pool", &json!({ "revision": 1, "enabled": false }), 200),
        (&delete, "/smart-balancers/sb_desk", &nothing, 204),
        (&delete, "/target-groups/tg_pool", &nothing, 204),
        (&delete, "/instances/inst_a", &nothing, 403),
        (&delete, &old_key, &nothing, 403),
    ] {
        let what = format!("{method} {path}");
        let answer = ask(&server, &viewer, method.clone(), path, body).await;
        assert_eq!(answer.code(403), "permission_denied", "{what}");
        let answer = ask(&server, &editor, method.clone(), path, body).await;
        assert_eq!(answer.status, by_editor, "{what}: {}", answer.text);
        if by_editor == 403 {
            assert_eq!(answer.code(403), "permission_denied");
            assert!(ask(&server, &admin, method.clone(), path, body).await.status < 300, "{what}");
        }
    }
    for path in [
        "/instances",
        "/target-groups",
        "/smart-balancers",
        "/api-keys",
        "/serving-endpoints",
        "/requests",
        "/openapi.json",
    ] {
        assert_eq!(ask(&server, &viewer, Method::GET, path, &nothing).await.status, 200, "{path}");
    }
    let audit = server.store().await.audit(None, 100).await.unwrap();
    assert!(audit.iter().any(|(_, it)| it.by == "edda" && it.action == "update"));
    assert!(audit.iter().all(|(_, it)| it.by != "vera"));
}
