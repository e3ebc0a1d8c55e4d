//! Calls of API clients that miss `/v1`, and what the console's own addresses have in common with them.

use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use super::samples::{balancer, instances};
use crate::console::{Answer, Home, TestServer};

const JSON: &str = "application/json";

async fn server(home: Home) -> (TestServer, String) {
    let server = home.start().await;
    let key = server.make("/api-keys", &json!({ "name": "ci" })).await["key"].as_str().unwrap().to_owned();
    (server, key)
}

fn message(answer: &Answer, what: &str) -> String {
    let body = answer.expect(404);
    assert_eq!(answer.header("content-type"), JSON, "{what}");
    assert_eq!(body["error"]["code"], "unknown_url", "{what}");
    body["error"]["message"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_call_outside_of_v1_gets_the_right_base_url_in_json() {
    let (server, key) = server(Home::new()).await;
    let now = server::clock::now();
    let cookie = server.session("vera", app::ports::Role::Viewer, [now, now]).await;
    for (method, path, api) in [
        (Method::POST, "/chat/completions", "chat/completions"),
        (Method::POST, "/chat/completions/", "chat/completions"),
        (Method::POST, "//chat//completions", "chat/completions"),
        (Method::GET, "/chat/completions", "chat/completions"),
        (Method::POST, "/api/v1/chat/completions", "chat/completions"),
        (Method::POST, "/api/chat/completions", "chat/completions"),
        (Method::POST, "/fn/chat/completions", "chat/completions"),
        (Method::POST, "/openai/deployments/try/chat/completions?api-version=2024-10-21", "chat/completions"),
        (Method::POST, "/openai/deployments/try/embeddings", "embeddings"),
        (Method::POST, "/V1/chat/completions", "chat/completions"),
        (Method::POST, "/completions", "completions"),
        (Method::POST, "/responses", "responses"),
        (Method::GET, "/responses/resp_1", "responses/{id}"),
        (Method::DELETE, "/openai/responses/resp_1", "responses/{id}"),
        (Method::POST, "/messages", "messages"),
        (Method::POST, "/anthropic/v1/messages/count_tokens", "messages/count_tokens"),
        (Method::GET, "/models", "models"),
        (Method::GET, "/api/v1/models", "models"),
        (Method::GET, "/models/try", "models/{id}"),
    ] {
        let call = || server.bare(method.clone(), path).header("content-type", JSON).body("{}");
        let with: [fn(RequestBuilder, &str, &str) -> RequestBuilder; 5] = [
            |it, _, _| it,
            |it, key, _| it.bearer_auth(key),
            |it, key, _| it.header("api-key", key),
            |it, _, _| it.header("accept", "text/html,application/xhtml+xml,*/*"),
            |it, _, cookie| it.header("cookie", cookie).header("accept", "text/html"),
        ];
        for with in with {
            let what = format!("{method} {path}");
            let answer = server.send(with(call(), &key, &cookie)).await;
            let right = format!("The base URL is {0}/v1; this call goes to {0}/v1/{api}.", server.base);
            assert!(message(&answer, &what).contains(&right), "{what}: {}", answer.text);
            assert!(answer.header("x-request-id").starts_with("req_"), "{what}");
        }
    }
    let head = server.send(server.bare(Method::HEAD, "/models")).await;
    assert_eq!((head.status, head.text.as_str()), (404, ""));
}

#[tokio::test]
async fn slashes_before_v1_are_forgiven() {
    let (server, key) = server(Home::new()).await;
    instances(&server, &["a"]).await;
    server.make("/smart-balancers", &balancer("open", "inst_a")).await;
    for path in ["//v1/models", "//v1//models/", "///v1/models"] {
        let listed = server.send(server.bare(Method::GET, path).bearer_auth(&key)).await.expect(200);
        assert_eq!(listed["object"], "list", "{path}");
        let stranger = server.send(server.bare(Method::GET, path)).await.expect(401);
        assert_eq!(stranger["error"]["code"], "invalid_api_key", "{path}");
    }
    let model = server.send(server.bare(Method::GET, "//v1/models/open").bearer_auth(&key)).await.expect(200);
    assert_eq!(model["id"], "open");
    assert!(server.send(server.bare(Method::GET, "//v1")).await.expect(200)["paths"].is_array());
    let unknown = server.bare(Method::POST, "//v1/audio/speech").header("accept", "text/html");
    assert_eq!(server.send(unknown).await.expect(401)["error"]["code"], "invalid_api_key");
}

#[tokio::test]
async fn the_base_url_is_the_one_that_clients_use() {
    let call = |server: &TestServer| {
        server.bare(Method::POST, "/chat/completions").header("host", "models.lan:8443")
    };
    let (plain, _) = server(Home::new()).await;
    // Nobody is believed about the scheme, unless the operator says so.
    let forwarded =
        call(&plain).header("x-forwarded-proto", "https").header("x-forwarded-host", "evil.example");
    let words = message(&plain.send(forwarded).await, "nobody");
    assert!(words.contains("The base URL is http://models.lan:8443/v1;"), "{words}");

    let mut home = plain.stop().await;
    home.settings.trusted_proxies = vec!["127.0.0.1".parse().unwrap()];
    let proxied = home.start().await;
    let words = message(&proxied.send(call(&proxied).header("x-forwarded-proto", "https")).await, "a proxy");
    assert!(words.contains("The base URL is https://models.lan:8443/v1;"), "{words}");

    let mut home = proxied.stop().await;
    home.settings.public_url = Some("https://models.example.com/".to_owned());
    let public = home.start().await;
    let words = message(&public.send(call(&public)).await, "the public URL");
    assert!(words.contains("The base URL is https://models.example.com/v1;"), "{words}");
    let list: Value = public.send(public.bare(Method::GET, "/v1")).await.expect(200);
    assert_eq!(list["base_url"], "https://models.example.com/v1");
}

#[tokio::test]
async fn addresses_of_the_console_rest_and_the_demo_are_not_misplaced_calls() {
    let mut home = Home::new();
    home.settings.demo = true;
    let server = home.start().await;
    let document = server.get("/openapi.json").await.expect(200);
    let rest = document["paths"].as_object().unwrap().keys().map(|it| format!("/api/v1{it}"));
    let pages = server::control::pages::addresses().map(str::to_owned);
    let functions = leptos::server_fn::axum::server_fn_paths().map(|(path, _)| path.to_owned());
    let mut checked = 0;
    for address in rest.chain(pages).chain(functions) {
        let path: Vec<_> = address.split('/').map(|it| if it.starts_with('{') { "x" } else { it }).collect();
        let answer = server.send(server.bare(Method::GET, &path.join("/"))).await;
        assert!(!answer.text.contains("unknown_url"), "{address}: {}", answer.text);
        checked += 1;
    }
    assert!(checked > 50, "{checked}");
    let demo = server.send(server.bare(Method::POST, "/demo/v1/chat/completions")).await;
    assert_eq!(demo.status, 401, "{}", demo.text);
}

#[tokio::test]
async fn pages_of_other_origins_may_call_v1_and_nothing_else() {
    let mut home = Home::new();
    home.settings.cors_origins = Some("*".parse().unwrap());
    let (server, key) = server(home).await;
    let from_page =
        |method, path: &str| server.bare(method, path).header("origin", "https://chat.example.com");
    let preflight =
        |path: &str| from_page(Method::OPTIONS, path).header("access-control-request-method", "POST");
    for path in ["/v1/chat/completions", "//v1/models"] {
        let permitted = server.send(preflight(path)).await;
        assert_eq!((permitted.status, permitted.header("access-control-allow-origin")), (204, "*"), "{path}");
    }
    let listed = server.send(from_page(Method::GET, "/v1/models").bearer_auth(&key)).await;
    assert_eq!((listed.status, listed.header("access-control-allow-origin")), (200, "*"));
    for path in
        ["/api/v1/instances", "/fn/sign_in", "/", "/sign-in", "/healthz", "/metrics", "/chat/completions"]
    {
        for request in [preflight(path), from_page(Method::GET, path), from_page(Method::POST, path)] {
            let answer = server.send(request).await;
            let names = answer.headers.keys().map(|it| it.as_str());
            let names: Vec<_> = names.filter(|it| it.starts_with("access-control-")).collect();
            assert!(names.is_empty(), "{path}: {names:?}");
        }
    }
}
