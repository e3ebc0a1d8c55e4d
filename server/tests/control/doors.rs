//! Every address and key header that clients really try, with the right key, at a whole server.

use reqwest::{Method, RequestBuilder};
use serde_json::json;

use super::samples::{balancer, instance, with};
use crate::{
    console::{Answer, TestServer},
    raw_upstream::{RawUpstream, json_answer},
};

const BODY: &str =
    r#"{"model":"try","messages":[{"role":"user","content":"Why does this Rust borrow fail?"}]}"#;

/// A server with the balancer `try`, what answers behind it, and a key.
async fn server() -> (TestServer, RawUpstream, String) {
    let upstream = RawUpstream::start(|_| {
        let message = json!({ "role": "assistant", "content": "hi" });
        json_answer(200, &json!({ "choices": [{ "index": 0, "message": message, "finish_reason": "stop" }] }))
    });
    let (server, upstream) = (TestServer::start().await, upstream.await);
    let address = json!({ "base_url": format!("{}/v1", upstream.origin) });
    server.make("/instances", &with(instance("a"), address)).await;
    server.make("/smart-balancers", &balancer("try", "inst_a")).await;
    let key = server.make("/api-keys", &json!({ "name": "ci" })).await["key"].as_str().unwrap().to_owned();
    (server, upstream, key)
}

fn post(server: &TestServer, path: &str) -> RequestBuilder {
    server.bare(Method::POST, path).header("content-type", "application/json").body(BODY)
}

/// Fails unless it is an answer to a program: JSON, and no way to a page.
fn assert_for_programs(answer: &Answer, what: &str) {
    assert_eq!(answer.header("content-type"), "application/json", "{what}: {}", answer.text);
    assert_eq!(answer.header("location"), "", "{what}");
    assert!(!answer.text.contains("<html"), "{what}");
}

#[tokio::test]
async fn an_address_is_served_or_the_right_one_is_named() {
    let (server, upstream, key) = server().await;
    for (path, is_served) in [
        ("/chat/completions", false),
        ("/v1/v1/chat/completions", false),
        ("/v1/chat/completions/chat/completions", false),
        ("//v1/chat/completions", true),
        ("/v1/chat/completions/", true),
        ("/api/v1/chat/completions", false),
        ("/openai/deployments/try/chat/completions?api-version=2024-10-21", false),
        // Their relatives.
        ("/v1/chat//completions", true),
        ("/api/chat/completions/", false),
        ("/openai/v1/chat/completions", false),
        ("/proxy/v1/chat/completions", false),
    ] {
        let keyed: [fn(RequestBuilder, &str) -> RequestBuilder; 3] = [
            |it, key| it.bearer_auth(key),
            |it, key| it.header("api-key", key),
            |it, key| it.bearer_auth(key).header("accept", "text/html,*/*"),
        ];
        for keyed in keyed {
            let answer = server.send(keyed(post(&server, path), &key)).await;
            assert_for_programs(&answer, path);
            if is_served {
                assert_eq!(
                    (answer.status, answer.header("x-sb-instance")),
                    (200, "inst_a"),
                    "{path}: {}",
                    answer.text
                );
            } else {
                let error = &answer.expect(404)["error"];
                assert_eq!(error["code"], "unknown_url", "{path}");
                let right = format!("The base URL is {}/v1", server.base);
                assert!(error["message"].as_str().unwrap().contains(&right), "{path}: {error}");
            }
        }
    }
    assert_eq!(upstream.requests().len(), 9);
}

#[tokio::test]
async fn lists_and_roots_are_answered_to_programs() {
    let (server, _upstream, key) = server().await;
    let ask =
        async |method: Method, path: &str| server.send(server.bare(method, path).bearer_auth(&key)).await;
    let models = ask(Method::GET, "/models").await;
    assert_eq!(models.expect(404)["error"]["code"], "unknown_url");
    let (get, head) = (ask(Method::GET, "/v1/models").await, ask(Method::HEAD, "/v1/models").await);
    assert_eq!((get.status, head.status, head.text.as_str()), (200, 200, ""));
    assert_eq!(head.header("content-length"), get.text.len().to_string());
    for path in ["/v1", "/v1/", "//v1"] {
        let root = ask(Method::GET, path).await;
        assert_for_programs(&root, path);
        assert!(
            root.expect(200)["paths"].as_array().unwrap().contains(&json!("/v1/chat/completions")),
            "{path}"
        );
        assert_eq!(ask(Method::HEAD, path).await.status, 200, "{path}");
    }
    // The root is the console's: people are led to its pages, and programs are not.
    for method in [Method::HEAD, Method::GET] {
        let root = ask(method.clone(), "/").await;
        assert_eq!((root.status, root.header("location")), (401, ""), "{method}: {}", root.text);
        assert_eq!(root.header("content-type"), "application/json", "{method}");
        let person = server.send(server.bare(method, "/").header("accept", "text/html")).await;
        assert_eq!(person.status, 303);
    }
}

#[tokio::test]
async fn a_key_is_found_in_each_header_that_clients_send_or_the_header_is_named() {
    let (server, upstream, key) = server().await;
    let path = "/v1/chat/completions";
    for (name, value) in [
        ("x-api-key", key.clone()),
        ("api-key", key.clone()),
        ("authorization", format!("bearer {key}")),
        ("authorization", format!("Bearer  {key}")),
        ("authorization", format!("BEARER {key}")),
    ] {
        let answer = server.send(post(&server, path).header(name, &value)).await;
        assert_eq!(answer.status, 200, "{name}: {value}: {}", answer.text);
    }
    for value in [key.clone(), format!("Token {key}"), format!("Bearer{key}"), format!("Bearer \"{key}\"")] {
        let refused = server.send(post(&server, path).header("authorization", &value)).await;
        assert_for_programs(&refused, &value);
        let error = &refused.expect(401)["error"];
        assert_eq!(error["code"], "invalid_api_key", "{value}");
        assert!(error["message"].as_str().unwrap().contains("Authorization: Bearer sb-"), "{value}: {error}");
        assert!(!refused.text.contains(&key), "{value}");
    }
    assert_eq!(upstream.requests().len(), 5);
    assert!(!upstream.requests().concat().contains(&key));
}
