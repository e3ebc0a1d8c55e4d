//! Keys of the data plane at the front door: what they open, how much, until when.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use super::samples::{balancer, instances};
use crate::console::{Answer, TestServer};

async fn server() -> TestServer {
    let server = TestServer::start().await;
    instances(&server, &["a"]).await;
    for name in ["desk", "other"] {
        server.make("/smart-balancers", &balancer(name, "inst_a")).await;
    }
    server
}

async fn key(server: &TestServer, mut scope: Value) -> (String, String) {
    scope["name"] = json!("a key");
    let made = server.make("/api-keys", &scope).await;
    let text = |name: &str| made[name].as_str().unwrap().to_owned();
    (text("id"), text("key"))
}

async fn models(server: &TestServer, key: &str) -> Answer {
    server.send(server.bare(Method::GET, "/v1/models").bearer_auth(key)).await
}

async fn call(server: &TestServer, key: &str, model: &str, route: Option<&str>) -> Answer {
    let body = json!({ "model": model, "messages": [{ "role": "user", "content": "hello" }] });
    let mut request = server.bare(Method::POST, "/v1/chat/completions").bearer_auth(key);
    if let Some(route) = route {
        request = request.header("x-sb-route", route);
    }
    server.send(request.header("content-type", "application/json").body(body.to_string())).await
}

#[tokio::test]
async fn a_key_can_use_only_what_its_scope_names() {
    let server = server().await;
    let (_, all) = key(&server, json!({})).await;
    let (_, one) = key(&server, json!({ "balancers": ["sb_desk"] })).await;
    let listed = |answer: Answer| answer.expect(200)["data"].as_array().unwrap().len();
    assert_eq!((listed(models(&server, &all).await), listed(models(&server, &one).await)), (2, 1));
    let hidden = call(&server, &one, "other", None).await;
    assert_eq!(hidden.expect(404)["error"]["code"], "model_not_found");
    assert!(!hidden.text.contains("desk"), "other names are not listed");
    let forced = call(&server, &all, "desk", Some("general")).await;
    assert_eq!(forced.expect(403)["error"]["code"], "permission_denied");
}

#[tokio::test]
async fn a_key_over_its_rate_is_refused_with_retry_after() {
    let server = server().await;
    let (_, key) = key(&server, json!({ "rpm": 2 })).await;
    for _ in 0..2 {
        models(&server, &key).await.expect(200);
    }
    let refused = models(&server, &key).await;
    assert_eq!(refused.expect(429)["error"]["code"], "rate_limit_exceeded");
    let wait: u64 = refused.header("retry-after").parse().unwrap();
    assert!((1..=30).contains(&wait), "{wait}");
}

#[tokio::test]
async fn a_key_ends_at_its_expiry_or_at_once_when_revoked() {
    let server = server().await;
    let soon = server::clock::now().plus_ms(1_500);
    let (_, short) = key(&server, json!({ "expires_at": soon })).await;
    models(&server, &short).await.expect(200);
    let (id, long) = key(&server, json!({})).await;
    models(&server, &long).await.expect(200);
    let list = server.get("/api-keys").await.expect(200);
    let used = list["data"].as_array().unwrap().iter().find(|it| it["id"] == id.as_str()).unwrap();
    assert!(used["last_used_at"].is_string() && used["made_by"] == "token", "{used}");

    assert_eq!(server.delete(&format!("/api-keys/{id}")).await.status, 204);
    let refused = models(&server, &long).await;
    assert_eq!(refused.expect(401)["error"]["code"], "invalid_api_key");
    // The other one works up to its date, and not any longer.
    loop {
        let asked = server::clock::now();
        let answer = models(&server, &short).await;
        if answer.status == 401 {
            assert_eq!(answer.expect(401)["error"]["code"], "invalid_api_key");
            assert!(server::clock::now() >= soon, "it ended too early");
            break;
        }
        answer.expect(200);
        assert!(asked < soon, "it works although it has expired");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
