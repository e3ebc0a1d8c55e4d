//! What goes in and must never come out.

use app::{domain::secret::Secret, ports::Role};
use reqwest::Method;
use serde_json::json;

use super::samples::{group, instance, with};
use crate::console::{Home, TOKEN, TestServer};

const PASSWORD: &str = "canary-of-the-password";

/// What somebody who takes the data folder away reads in it, the master key aside.
fn files(server: &TestServer) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut seen = 0;
    for entry in std::fs::read_dir(server.data_dir()).unwrap() {
        let entry = entry.unwrap();
        if entry.file_name().to_str().unwrap().starts_with("smart-balancer.db") {
            bytes.extend(std::fs::read(entry.path()).unwrap());
            seen += 1;
        }
    }
    assert!(seen > 0 && bytes.len() > 4096);
    bytes
}

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

#[tokio::test]
async fn an_upstream_key_is_never_returned() {
    let server = TestServer::start().await;
    let keys =
        ["sk-canary-one-123456", "sk-canary-two-123456", "sk-canary-three-1234", "sk-canary-\u{7}four-1234"];
    let with_key = |name: &str, key: &str| with(instance(name), json!({ "api_key": key }));
    server.make("/instances", &with_key("a", keys[0])).await;
    server
        .put("/instances/inst_a", &with(with_key("a", keys[1]), json!({ "revision": 1 })))
        .await
        .expect(200);
    server.patch("/instances/inst_a", &json!({ "api_key": keys[2], "revision": 2 })).await.expect(200);
    // Refusals tell nothing of it either: stale, taken, broken, misplaced.
    server.patch("/instances/inst_a", &json!({ "api_key": keys[0], "revision": 2 })).await.code(409);
    server.post("/instances", &with_key("a", keys[0])).await.code(409);
    server.post("/instances", &with_key("b", keys[3])).await.code(422);
    server.post("/instances", &with(with_key("b", keys[0]), json!({ "enabled": 1 }))).await.code(422);
    server.post("/target-groups", &with(group("g", "inst_a"), json!({ "api_key": keys[0] }))).await.code(422);
    server.post("/smart-balancers/validate", &json!({ "api_key": keys[0] })).await.expect(200);
    let broken = format!("{{\"api_key\": \"{}\" oops", keys[0]);
    let request = server.rest(Method::POST, "/instances").header("content-type", "application/json");
    server.send(request.body(broken)).await.code(400);
    for path in
        ["/instances", "/instances/inst_a", "/openapi.json", "/serving-endpoints", "/instances?q=canary"]
    {
        server.get(path).await.expect(200);
    }

    let store = server.store().await;
    let (loaded, audit) = (store.load().await.unwrap(), store.audit(None, 100).await.unwrap());
    assert_eq!(loaded.sealed_keys.len(), 1);
    let files = files(&server);
    let answered = server.answered();
    for key in keys {
        let tail = &key[3..];
        assert!(!answered.contains(tail), "{key}");
        assert!(!holds(&files, tail), "{key}");
        assert!(!format!("{loaded:?} {audit:?}").contains(tail), "{key}");
    }
    assert!(answered.contains(r#""api_key_last4":"1234""#));
}

#[tokio::test]
async fn a_refused_form_keeps_everything_but_the_key() {
    let server = TestServer::start().await;
    let now = server::clock::now();
    let cookie = server.session("ada", Role::Admin, [now, now]).await;
    let fields = |name: &'static str, key: &'static str| {
        [
            ("form[name]", name),
            ("form[base_url]", "http://127.0.0.1:9"),
            ("form[workload_kind]", "chat"),
            ("form[enabled]", "true"),
            ("form[api_key]", key),
            ("act", "save"),
        ]
    };
    let saved =
        server.form("save_instance", &fields("a", "sk-canary-by-form-1234")).header("cookie", &cookie);
    assert!(server.send(saved).await.header("location").starts_with("/instances?note="));
    assert_eq!(server.get("/instances/inst_a").await.expect(200)["api_key_last4"], "1234");
    // The name is taken: what was typed is kept, but for the key.
    let refused =
        server.form("save_instance", &fields("A", "sk-canary-refused-1234")).header("cookie", &cookie);
    let back = server.send(refused).await;
    assert!(back.header("location").starts_with("/instances/new?draft="), "{}", back.header("location"));
    for path in [back.header("location"), "/instances", "/instances/inst_a", "/"] {
        let page = server.bare(Method::GET, path).header("accept", "text/html").header("cookie", &cookie);
        assert_eq!(server.send(page).await.status, 200, "{path}");
    }
    let drafts = format!("{:?}", server.store().await.drafts("ada").await.unwrap());
    assert!(drafts.contains("127.0.0.1:9"), "{drafts}");
    let files = files(&server);
    for key in ["canary-by-form", "canary-refused"] {
        assert!(!server.answered().contains(key) && !drafts.contains(key) && !holds(&files, key), "{key}");
    }
}

#[tokio::test]
async fn tokens_passwords_and_keys_are_stored_as_hashes() {
    let mut home = Home::new();
    home.secrets.admin_password = Some(Secret::new(PASSWORD));
    let server = home.start().await;
    let key = server.make("/api-keys", &json!({ "name": "ci" })).await["key"].as_str().unwrap().to_owned();
    let form = [("form[name]", "admin"), ("form[password]", PASSWORD)];
    let signed_in = server.send(server.form("sign_in", &form)).await;
    let session = signed_in.header("set-cookie").split(['=', ';']).nth(1).unwrap().to_owned();
    assert!(session.len() > 40);
    let wrong = [("form[name]", "admin"), ("form[password]", "canary-of-a-wrong-one")];
    let refused = server.send(server.form("sign_in", &wrong)).await;
    server.send(server.bare(Method::GET, refused.header("location")).header("accept", "text/html")).await;

    let files = files(&server);
    for secret in [TOKEN, PASSWORD, &session, &key, &key[key.len() - 43..], "canary-of-a-wrong-one"] {
        assert!(!holds(&files, secret), "{secret}");
    }
    let answered = server.answered();
    for secret in [TOKEN, PASSWORD, "canary-of-a-wrong-one"] {
        assert!(!answered.contains(secret), "{secret}");
    }
    assert_eq!(answered.matches(key.as_str()).count(), 1, "shown once");
    assert_eq!(answered.matches(session.as_str()).count(), 1, "in one cookie");
}
