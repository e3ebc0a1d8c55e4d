//! The addresses that clients really call: with slashes too many, below the wrong base URL, with a key in another
//! header.

use fault_upstream::FaultUpstream;
use reqwest::Method;
use serde_json::Value;

use crate::rig::{Got, KEY, Rig, Setup, calls, chat_body, got};

async fn rig() -> (FaultUpstream, Rig) {
    let upstream = FaultUpstream::start().await.unwrap();
    let rig = Setup::new().chat("a", &upstream, "ok").ordered("open", &[("only", "inst_a")]).start().await;
    (upstream, rig)
}

/// A chat call to an address, with these headers and without a key of its own.
async fn call(rig: &Rig, path: &str, headers: &[(&str, &str)]) -> Got {
    let request = rig.client.post(format!("{}{path}", rig.origin)).header("content-type", "application/json");
    let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    got(request.body(chat_body("open", "hi").to_string())).await
}

async fn ask(rig: &Rig, method: Method, path: &str) -> Got {
    got(rig.client.request(method, format!("{}{path}", rig.origin)).bearer_auth(KEY)).await
}

fn message(got: &Got) -> String {
    got.json()["error"]["message"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn slashes_too_many_are_forgiven() {
    let (_upstream, rig) = rig().await;
    let key = format!("Bearer {KEY}");
    for path in ["/v1/chat/completions/", "/v1//chat/completions", "/v1/chat//completions//?api-version=1"] {
        let answer = call(&rig, path, &[("authorization", &key)]).await;
        assert_eq!((answer.status, answer.header("x-sb-route")), (200, "only"), "{path}: {}", answer.text());
        assert_eq!(call(&rig, path, &[]).await.code(), "invalid_api_key", "{path}");
    }
    for path in ["/v1/models", "/v1/models/", "/v1//models", "/v1/models//"] {
        assert_eq!(ask(&rig, Method::GET, path).await.json()["data"][0]["id"], "open", "{path}");
    }
    for path in ["/v1/models/open", "/v1/models/open/", "/v1//models/open", "/v1/models//open"] {
        assert_eq!(ask(&rig, Method::GET, path).await.json()["id"], "open", "{path}");
    }
    let refused = ask(&rig, Method::GET, "/v1/chat/completions/").await;
    assert_eq!((refused.status, refused.code()), (405, "method_not_allowed".to_owned()));
}

#[tokio::test]
async fn names_of_models_keep_their_slashes() {
    let upstream = FaultUpstream::start().await.unwrap();
    let names = ["open/chat/completions", "open//two", "open/"];
    let setup = Setup::new().chat("a", &upstream, "ok");
    let setup = names.iter().enumerate().fold(setup, |setup, (n, name)| {
        setup.balancer(&format!("b{n}"), &[("only", "inst_a")], |it| it.serving_name = (*name).to_owned())
    });
    let rig = setup.start().await;
    for name in names {
        let found = ask(&rig, Method::GET, &format!("/v1/models/{name}")).await;
        assert_eq!(found.json()["id"], name);
    }
    // A model is never a misplaced call.
    let unknown = ask(&rig, Method::GET, "/v1/models/none/chat/completions").await;
    assert_eq!((unknown.status, unknown.code()), (404, "model_not_found".to_owned()));
}

#[tokio::test]
async fn a_misplaced_call_gets_the_right_base_url_with_or_without_a_key() {
    let (upstream, rig) = rig().await;
    let key = format!("Bearer {KEY}");
    for (path, api) in [
        ("/v1/v1/chat/completions", "chat/completions"),
        ("/v1/chat/completions/chat/completions", "chat/completions"),
        ("/v1/chat/completions/v1/chat/completions/", "chat/completions"),
        ("/v1//v1/embeddings", "embeddings"),
        ("/v1/v1/models", "models"),
        ("/v1/openai/deployments/open/chat/completions?api-version=2024-10-21", "chat/completions"),
        ("/v1/v1/responses/resp_1/input_items", "responses/{id}/input_items"),
        ("/v1/v1/messages", "messages"),
    ] {
        for headers in [&[("authorization", key.as_str())][..], &[("authorization", "Bearer sb-wrong")], &[]]
        {
            let refused = call(&rig, path, headers).await;
            assert_eq!((refused.status, refused.code()), (404, "unknown_url".to_owned()), "{path}");
            assert_eq!(refused.header("content-type"), "application/json", "{path}");
            let right = format!("The base URL is {0}/v1; this call goes to {0}/v1/{api}.", rig.origin);
            assert!(message(&refused).contains(&right), "{path}: {}", message(&refused));
        }
    }
    // Anthropic's clients add `/v1` themselves.
    let messages = message(&call(&rig, "/v1/v1/messages", &[]).await);
    assert!(messages.contains(&format!("take {} as base URL", rig.origin)), "{messages}");
    // The host is the one that the client used, if it is one.
    let proxied = call(&rig, "/v1/v1/models", &[("host", "models.example.com")]).await;
    assert!(message(&proxied).contains("http://models.example.com/v1;"), "{}", message(&proxied));
    let odd = call(&rig, "/v1/v1/models", &[("host", "user@models.example.com")]).await;
    assert!(message(&odd).contains("The base URL is /v1;"), "{}", message(&odd));
    assert_eq!(calls(&upstream), 0);
}

#[tokio::test]
async fn paths_that_are_not_served_want_a_key_and_say_what_is() {
    let (_upstream, rig) = rig().await;
    let key = format!("Bearer {KEY}");
    for path in [
        "/v1/audio/speech",
        "/v1/images/generations",
        "/v1/rerank",
        "/v1/files",
        "/v1/batches",
        "/v1/realtime",
        "/v1/conversations",
        "/v1/conversations/conv_1",
        "/v1/conversations/conv_1/items",
        "/v1/threads/thread_1/messages",
        "/v1/chat",
        "/v1/nothing/",
    ] {
        assert_eq!(call(&rig, path, &[]).await.code(), "invalid_api_key", "{path}");
        let refused = call(&rig, path, &[("authorization", &key)]).await;
        assert_eq!((refused.status, refused.code()), (404, "unknown_url".to_owned()), "{path}");
        for served in
            ["/v1/chat/completions", "/v1/responses", "/v1/messages", "/v1/embeddings", "/v1/models"]
        {
            assert!(message(&refused).contains(served), "{path}: {}", message(&refused));
        }
    }
}

#[tokio::test]
async fn the_root_lists_the_paths_to_anybody() {
    let (_upstream, rig) = rig().await;
    for path in ["/v1", "/v1/", "/v1//"] {
        let answer = got(rig.client.get(format!("{}{path}", rig.origin))).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        let list = answer.json();
        assert_eq!(list["base_url"], format!("{}/v1", rig.origin));
        let paths: Vec<_> = list["paths"].as_array().unwrap().iter().map(|it| it.as_str().unwrap()).collect();
        assert!(paths.contains(&"/v1/chat/completions") && paths.contains(&"/v1/models/{id}"), "{paths:?}");
        assert!(!answer.text().contains("open"), "no balancer is named");
    }
    assert_eq!(call(&rig, "/v1", &[]).await.code(), "invalid_api_key");
    assert_eq!(ask(&rig, Method::POST, "/v1").await.code(), "method_not_allowed");
}

#[tokio::test]
async fn a_head_request_is_a_get_without_its_body() {
    let (_upstream, rig) = rig().await;
    for path in ["/v1/models", "/v1/models/", "/v1/models/open", "/v1"] {
        let (get, head) = (ask(&rig, Method::GET, path).await, ask(&rig, Method::HEAD, path).await);
        assert_eq!((head.status, head.body.len()), (200, 0), "{path}");
        assert!(!get.body.is_empty());
        assert_eq!(head.header("content-length"), get.body.len().to_string(), "{path}");
        assert_eq!(head.header("content-type"), get.header("content-type"), "{path}");
    }
    let stranger = got(rig.client.head(format!("{}/v1/models", rig.origin))).await;
    assert_eq!((stranger.status, stranger.body.len()), (401, 0));
}

#[tokio::test]
async fn a_key_is_read_from_three_headers_and_forwarded_in_none() {
    let (upstream, rig) = rig().await;
    let path = "/v1/chat/completions";
    let bearers = ["Bearer", "bearer", "BEARER  ", "Bearer    "].map(|it| format!("{it} {KEY}"));
    let mut accepted: Vec<Vec<(&str, &str)>> =
        bearers.iter().map(|it| vec![("authorization", it.as_str())]).collect();
    accepted.extend([
        vec![("x-api-key", KEY)],
        vec![("api-key", KEY)],
        vec![("authorization", "Basic dXNlcjpwYXNz"), ("x-api-key", KEY)],
        vec![("authorization", "Bearer sk-other"), ("x-api-key", "sk-ant-other"), ("api-key", KEY)],
    ]);
    for headers in &accepted {
        assert_eq!(call(&rig, path, headers).await.status, 200, "{headers:?}");
    }
    let sent = upstream.requests();
    assert_eq!(sent.len(), accepted.len());
    for record in sent {
        assert!(!format!("{:?}", record.headers).contains(KEY));
        assert!(record.header("x-api-key").is_none() && record.header("api-key").is_none());
    }
    for headers in [
        &[][..],
        &[("x-api-key", "sb-wrong")],
        &[("authorization", "Bearer sb-wrong"), ("api-key", KEY)],
        &[("x-goog-api-key", KEY)],
    ] {
        let refused = call(&rig, path, headers).await;
        assert_eq!((refused.status, refused.code()), (401, "invalid_api_key".to_owned()), "{headers:?}");
        assert_eq!(refused.header("www-authenticate"), "Bearer");
        for header in ["Authorization: Bearer sb-", "x-api-key", "api-key"] {
            assert!(message(&refused).contains(header), "{}", message(&refused));
        }
    }
    let bare = call(&rig, path, &[("authorization", KEY)]).await;
    assert_eq!((bare.status, bare.code()), (401, "invalid_api_key".to_owned()));
    assert!(message(&bare).contains("has no scheme"), "{}", message(&bare));
}

#[tokio::test]
async fn a_websocket_at_the_address_of_an_api_is_refused_in_words() {
    let (_upstream, rig) = rig().await;
    let upgrade = |path: &str| {
        let request = rig.client.get(format!("{}{path}", rig.origin)).header("connection", "upgrade");
        request.header("sec-websocket-version", "13").header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==")
    };
    let refused = got(upgrade("/v1/chat/completions").header("upgrade", "WebSocket").bearer_auth(KEY)).await;
    assert_eq!((refused.status, refused.code()), (400, "websocket_not_supported".to_owned()));
    assert!(message(&refused).contains("WebSocket"));
    for path in ["/v1/responses", "/v1/responses/", "/v1/messages", "/v1/responses/input_tokens"] {
        let refused = got(upgrade(path).header("upgrade", "websocket").bearer_auth(KEY)).await;
        let error = &refused.json()["error"];
        let seen = (refused.status, error["code"].as_str());
        assert_eq!(seen, (400, Some("websocket_not_supported")), "{path}");
    }
    let stranger = got(upgrade("/v1/chat/completions").header("upgrade", "websocket")).await;
    assert_eq!(stranger.code(), "invalid_api_key");
    let other = got(upgrade("/v1/chat/completions").header("upgrade", "h2c").bearer_auth(KEY)).await;
    assert_eq!(other.code(), "method_not_allowed");
    let _: Value = other.json();
}
