//! Bodies that are no JSON, not called JSON, or too much.

use reqwest::Method;
use serde_json::json;

use super::samples::{faults, instance};
use crate::console::{Answer, TestServer};

const TOO_MUCH: usize = 9 * 1024 * 1024;

async fn post(server: &TestServer, content_type: &str, body: impl Into<reqwest::Body>) -> Answer {
    let request = server.rest(Method::POST, "/instances").header("content-type", content_type);
    server.send(request.body(body)).await
}

#[tokio::test]
async fn malformed_json_is_refused_with_its_position() {
    let server = TestServer::start().await;
    let deep = "[".repeat(200) + &"]".repeat(200);
    for (body, place) in [
        (&b"{\"name\": \"a\",\n  oops}"[..], "line 2, column 3"),
        (b"{\"name\": \"a\"", "line 1, column 12"),
        (b"{} {}", "line 1, column 4"),
        (b"{\"a\": NaN}", "line 1, column 7"),
        (b"{\"a\": \"\xff\"}", "line 1, column "),
        (b"", "line 1, column 0"),
        (b"\xef\xbb\xbf{}", "line 1, column 1"),
        (b"{\"a\": \"\0\"}", "line 1, column "),
        (deep.as_bytes(), "line 1, column 128"),
    ] {
        for (method, path) in [
            (Method::POST, "/instances"),
            (Method::PUT, "/instances/x"),
            (Method::PATCH, "/smart-balancers/x"),
            (Method::POST, "/smart-balancers/validate"),
            (Method::POST, "/api-keys"),
        ] {
            let request = server.rest(method, path).header("content-type", "application/json");
            let answer = server.send(request.body(body.to_vec())).await;
            assert_eq!(answer.code(400), "malformed_json", "{path}");
            let message = answer.expect(400)["error"]["message"].as_str().unwrap().to_owned();
            assert!(message.contains(place), "{message} {place}");
        }
    }
    // As deep as JSON may be, it is judged by its fields.
    let deep = "[".repeat(100) + &"]".repeat(100);
    let answer = post(&server, "application/json", format!("{{\"a\": {deep}}}")).await;
    assert!(answer.faults().contains(&faults(&[("a", "unknown_field")])[0]));
}

#[tokio::test]
async fn bodies_require_a_json_content_type() {
    let server = TestServer::start().await;
    let body = instance("a").to_string();
    let missing = server.rest(Method::POST, "/instances").body(body.clone());
    assert_eq!(server.send(missing).await.code(415), "unsupported_media_type");
    for odd in [
        "",
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/jsonp",
        "text/json; json",
        "json",
    ] {
        assert_eq!(post(&server, odd, body.clone()).await.code(415), "unsupported_media_type", "{odd}");
    }
    for (n, good) in ["application/json", "Application/JSON; charset=utf-8", "application/merge-patch+json"]
        .iter()
        .enumerate()
    {
        let made = post(&server, good, instance(&format!("a{n}")).to_string()).await;
        assert_eq!(made.status, 201, "{good}");
    }
}

#[tokio::test]
async fn bodies_over_the_limit_are_refused() {
    let server = TestServer::start().await;
    let body = json!({ "name": "x".repeat(TOO_MUCH) }).to_string();
    let declared = post(&server, "application/json", body.clone()).await;
    assert_eq!(declared.code(413), "body_too_large");
    let pieces: Vec<_> =
        body.as_bytes().chunks(64 * 1024).map(|it| Ok::<_, std::io::Error>(it.to_vec())).collect();
    let stream = reqwest::Body::wrap_stream(futures_util::stream::iter(pieces));
    assert_eq!(post(&server, "application/json", stream).await.code(413), "body_too_large");
    // What is below the cap is judged.
    let long = json!({ "name": "x".repeat(7 * 1024 * 1024), "base_url": "http://127.0.0.1:9" }).to_string();
    assert_eq!(post(&server, "application/json", long).await.faults(), faults(&[("name", "too_long")]));
    // So are forms.
    let flood = "x".repeat(TOO_MUCH);
    let answer = server.send(server.form("sign_in", &[("form[name]", &flood)])).await;
    assert_eq!(answer.status, 413);
    assert!(answer.header("set-cookie").is_empty() && answer.text.len() < 10_000);
    server.make("/instances", &instance("a")).await;
}

#[tokio::test]
async fn refusals_have_a_fixed_order() {
    let server = TestServer::start().await;
    let bare = || server.bare(Method::PUT, "/api/v1/instances/none");
    let with_token = || server.rest(Method::PUT, "/instances/none");
    let json = |request: reqwest::RequestBuilder| request.header("content-type", "application/json");
    assert_eq!(server.send(bare().body("{")).await.status, 401, "who comes before what");
    assert_eq!(server.send(with_token().body("{")).await.status, 415, "the type before the text");
    assert_eq!(server.send(json(with_token()).body("{")).await.status, 400, "the text before the object");
    assert_eq!(server.send(json(with_token()).body("{}")).await.status, 404, "the object before its fields");
}
