//! Who may do what.

use app::{ports::Role, web::access};
use leptos::server_fn::axum::server_fn_paths;
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
    // Editors revoke what they made; a key that the token made is not theirs.
    let made = ask(&server, &editor, Method::POST, "/api-keys", &json!({ "name": "own" })).await.expect(201);
    assert_eq!(made["made_by"], "edda");
    let own = format!("/api-keys/{}", made["id"].as_str().unwrap());
    let other = server.session("edgar", Role::Editor, [now, now]).await;
    assert_eq!(ask(&server, &other, Method::DELETE, &own, &nothing).await.code(403), "permission_denied");
    assert_eq!(ask(&server, &editor, Method::DELETE, &own, &nothing).await.status, 204);
    let audit = server.store().await.audit(None, 100).await.unwrap();
    assert!(audit.iter().any(|(_, it)| it.by == "edda" && it.action == "update"));
    assert!(audit.iter().all(|(_, it)| it.by != "vera"));
}

const KEPT: &str = "/api/v1/instances/inst_kept";

/// Something that every door would find.
async fn kept(server: &TestServer) {
    instances(server, &["kept"]).await;
    server.make("/smart-balancers", &balancer("kept", "inst_kept")).await;
    server.make("/target-groups", &group("kept", "inst_kept")).await;
}

/// Every call of the OpenAPI document below its role, as each role: the table of roles is asked what it takes, and this
/// test says what it must be at least, so that a new call cannot be forgotten.
#[tokio::test]
async fn every_rest_call_is_refused_below_its_role() {
    let server = TestServer::start().await;
    kept(&server).await;
    let now = server::clock::now();
    let document = server.get("/openapi.json").await.expect(200);
    let mut judged = 0;
    for (name, role) in [("vera", Role::Viewer), ("edda", Role::Editor)] {
        let cookie = server.session(name, role, [now, now]).await;
        for (path, item) in document["paths"].as_object().unwrap() {
            for method in item.as_object().unwrap().keys() {
                let Ok(method) = Method::from_bytes(method.to_uppercase().as_bytes()) else { continue };
                let path = path.replace("{id}", "inst_kept");
                let takes = access::of_rest(&method, &path);
                if method != Method::GET && path != "/smart-balancers/validate" {
                    assert!(takes >= Role::Editor, "{method} {path}");
                }
                if takes <= role {
                    continue;
                }
                judged += 1;
                let answer = ask(&server, &cookie, method.clone(), &path, &json!({})).await;
                assert_eq!(answer.code(403), "permission_denied", "{method} {path} by {name}");
            }
        }
    }
    assert!(judged > 20, "{judged}");
    let request = server.bare(Method::GET, KEPT).bearer_auth(crate::console::TOKEN);
    assert_eq!(server.send(request).await.expect(200)["revision"], 1, "and nothing was done");
}

/// The same of every registered server function and every page.
#[tokio::test]
async fn every_page_and_server_function_is_refused_below_its_role() {
    let server = TestServer::start().await;
    kept(&server).await;
    let now = server::clock::now();
    let before = server.store().await.load().await.unwrap();
    let mut judged = 0;
    for (name, role) in [("vera", Role::Viewer), ("edda", Role::Editor)] {
        let cookie = server.session(name, role, [now, now]).await;
        for (path, _) in server_fn_paths() {
            let function = path.trim_start_matches("/fn/");
            let takes = access::of_function(function);
            if access::OPEN_FUNCTIONS.contains(&path) || takes <= role {
                continue;
            }
            judged += 1;
            let fields = [("form[id]", "inst_kept"), ("form[name]", "kept"), ("form[kind]", "instance")];
            let browser = server.send(server.form(function, &fields).header("cookie", &cookie)).await;
            assert_eq!(browser.status, 403, "{path} by {name}");
            assert!(browser.text.contains("Your role does not allow this"), "{path}: {}", browser.text);
            let script = server.send(server.script(function, &fields).header("cookie", &cookie)).await;
            assert_eq!(script.code(403), "permission_denied", "{path} by {name}");
        }
        for page in server::control::pages::addresses() {
            let page: Vec<_> =
                page.split('/').map(|it| if it.starts_with(['{', ':']) { "inst_kept" } else { it }).collect();
            let page = page.join("/");
            let request =
                server.bare(Method::GET, &page).header("accept", "text/html").header("cookie", &cookie);
            let status = server.send(request).await.status;
            assert_eq!(status == 403, access::of_page(&page) > role, "{page} by {name}: {status}");
        }
    }
    assert!(judged > 10, "{judged}");
    assert_eq!(server.store().await.load().await.unwrap(), before, "and nothing was done");
}
