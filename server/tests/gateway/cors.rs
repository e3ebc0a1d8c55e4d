//! Calls from pages of other origins, as browsers send them.

use fault_upstream::FaultUpstream;
use reqwest::{Method, RequestBuilder};

use crate::rig::{Got, KEY, Rig, Setup, got};

const LISTED: &str =
    "https://chat.example.com,http://localhost:5173,app://obsidian.md,moz-extension://f0e1,null";
const ASKED: &str = "authorization,content-type,x-stainless-arch,x-stainless-lang,x-stainless-os,\
                     x-stainless-package-version,x-stainless-retry-count,x-stainless-runtime,\
                     x-stainless-runtime-version,x-stainless-timeout";

async fn rig(origins: &str) -> (FaultUpstream, Rig) {
    let upstream = FaultUpstream::start().await.unwrap();
    let gone = FaultUpstream::start().await.unwrap();
    let mut setup = Setup::new()
        .chat("a", &upstream, "ok@3")
        .chat("broken", &upstream, "rst@1")
        .chat("slow", &upstream, "hang-first-event")
        .chat("gone", &gone, "ok")
        .ordered("open", &[("only", "inst_a")])
        .ordered("broken", &[("only", "inst_broken")])
        .balancer("slow", &[("only", "inst_slow")], |it| {
            it.stream_keepalive_s = 1;
            it.deadline_ms = 1_500;
        })
        .ordered("gone", &[("only", "inst_gone")]);
    setup.cors_origins = origins.parse().unwrap();
    gone.stop().await;
    (upstream, setup.start().await)
}

fn preflight(rig: &Rig, origin: &str, path: &str) -> RequestBuilder {
    rig.client
        .request(Method::OPTIONS, format!("{}{path}", rig.origin))
        .header("origin", origin)
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", ASKED)
}

/// Whether a page may read an answer and its headers.
fn assert_readable(answer: &Got, origin: &str, what: &str) {
    assert_eq!(answer.header("access-control-allow-origin"), origin, "{what}");
    assert_eq!(answer.header("vary"), "origin", "{what}");
    assert!(!answer.headers.contains_key("access-control-allow-credentials"), "{what}");
    let exposed: Vec<_> =
        answer.header("access-control-expose-headers").split(',').map(|it| it.trim().to_owned()).collect();
    assert!(!exposed.contains(&"*".to_owned()));
    for name in ["x-request-id", "retry-after", "x-sb-confidence"] {
        assert!(exposed.contains(&name.to_owned()), "{what}: {name}");
    }
    let ours = answer.headers.keys().map(|it| it.as_str()).filter(|it| it.starts_with("x-"));
    for name in ours.filter(|it| *it != "x-accel-buffering") {
        assert!(exposed.contains(&name.to_owned()), "{what}: {name} cannot be read");
    }
}

/// Whether an answer has no CORS header.
fn assert_unreadable(answer: &Got, what: &str) {
    let names: Vec<_> =
        answer.headers.keys().filter(|it| it.as_str().starts_with("access-control-")).collect();
    assert!(names.is_empty(), "{what}: {names:?}");
}

/// One answer of each kind, by name and status.
async fn answers(rig: &Rig, origin: &str) -> Vec<(&'static str, u16, Got)> {
    let get = |path: &str| rig.client.get(format!("{}{path}", rig.origin)).bearer_auth(KEY);
    let requests = [
        ("plain", 200, rig.chat("open", "hi")),
        ("stream", 200, rig.stream("open", "hi")),
        ("a stream that breaks", 200, rig.stream("broken", "hi")),
        ("a stream whose error comes after a comment", 200, rig.stream("slow", "hi")),
        ("a bad key", 401, rig.chat_as("sb-wrong", "open", "hi")),
        ("a bad body", 400, rig.post("/v1/chat/completions", "{")),
        ("an unknown model", 404, rig.chat("none", "hi")),
        ("members down", 502, rig.chat("gone", "hi")),
        ("the same as a stream", 502, rig.stream("gone", "hi")),
        ("the list of models", 200, get("/v1/models")),
        ("the list of paths", 200, get("/v1")),
        ("an unknown path", 404, get("/v1/nothing")),
        ("a misplaced call", 404, get("/v1/v1/chat/completions")),
        ("slashes too many", 200, get("/v1//models/")),
        ("a wrong method", 405, get("/v1/embeddings")),
    ];
    let mut answers = Vec::new();
    for (what, status, request) in requests {
        answers.push((what, status, got(request.header("origin", origin)).await));
    }
    answers
}

#[tokio::test]
async fn a_page_of_a_listed_origin_reads_every_answer() {
    let (_upstream, rig) = rig(LISTED).await;
    // Pages without an origin of their own and extensions of browsers are among them.
    for origin in LISTED.split(',') {
        for (what, status, answer) in answers(&rig, origin).await {
            assert_eq!(answer.status, status, "{origin}: {what}: {}", answer.text());
            assert_readable(&answer, origin, what);
        }
    }
    let origin = "app://obsidian.md";
    let stream = got(rig.stream("broken", "hi").header("origin", origin)).await.text();
    assert!(stream.contains("upstream_error") && !stream.contains("[DONE]"), "{stream}");
    let late = got(rig.stream("slow", "hi").header("origin", origin)).await.text();
    assert!(late.starts_with(": ") && late.contains("upstream_timeout"), "{late}");
}

#[tokio::test]
async fn a_preflight_needs_no_key_and_permits_what_was_asked_for() {
    let (_upstream, rig) = rig(LISTED).await;
    for origin in LISTED.split(',') {
        for path in [
            "/v1/chat/completions",
            "/v1/models",
            "/v1/responses/resp_1",
            "/v1/nothing",
            "/v1",
            "/v1/models/",
        ] {
            let answer = got(preflight(&rig, origin, path)).await;
            assert_eq!((answer.status, answer.body.len()), (204, 0), "{origin} {path}");
            assert_readable(&answer, origin, path);
            assert_eq!(answer.header("access-control-allow-headers"), ASKED);
            assert!(answer.header("access-control-max-age").parse::<u64>().unwrap() > 0);
            for method in ["GET", "POST", "DELETE"] {
                assert!(answer.header("access-control-allow-methods").contains(method), "{method}");
            }
        }
    }
}

#[tokio::test]
async fn an_origin_that_is_not_listed_is_refused_before_the_call_and_served_without_headers() {
    let (_upstream, rig) = rig(LISTED).await;
    for origin in [
        "https://evil.example",
        "http://chat.example.com",
        "https://chat.example.com:8443",
        "https://chat.example.com.evil.example",
        "moz-extension://other",
        "moz-extension://f0e1:1",
        "file://",
        "app://obsidian.md.evil",
    ] {
        let refused = got(preflight(&rig, origin, "/v1/chat/completions")).await;
        assert_eq!((refused.status, refused.code()), (403, "origin_not_allowed".to_owned()), "{origin}");
        assert!(refused.text().contains("--cors-origins"));
        assert_unreadable(&refused, origin);
        assert_eq!(refused.header("vary"), "origin");
        let served = got(rig.chat("open", "hi").header("origin", origin)).await;
        assert_eq!((served.status, served.header("vary")), (200, "origin"), "{origin}");
        assert_unreadable(&served, origin);
    }
    // A call that is not from a page varies as well, or a cache would hand its answer to pages.
    let plain = got(rig.chat("open", "hi")).await;
    assert_eq!((plain.status, plain.header("vary")), (200, "origin"));
    assert_unreadable(&plain, "no origin");
}

#[tokio::test]
async fn any_origin_is_answered_with_an_asterisk() {
    let (_upstream, rig) = rig("*").await;
    for origin in ["https://anything.example", "null", "moz-extension://f0e1", "app://obsidian.md"] {
        let answer = got(preflight(&rig, origin, "/v1/chat/completions")).await;
        assert_eq!(answer.status, 204, "{origin}");
        assert_readable(&answer, "*", origin);
        assert_eq!(
            answer.header("access-control-allow-headers"),
            ASKED,
            "an asterisk does not cover authorization"
        );
    }
    for (what, status, answer) in answers(&rig, "null").await {
        assert_eq!(answer.status, status, "{what}");
        assert_readable(&answer, "*", what);
    }
}

#[tokio::test]
async fn while_cors_is_off_a_preflight_names_the_setting_and_calls_are_served() {
    let (_upstream, rig) = rig("").await;
    for path in ["/v1/chat/completions", "/v1/models", "/v1/models/open", "/v1/nothing", "/v1"] {
        let refused = got(preflight(&rig, "https://chat.example.com", path)).await;
        assert_eq!((refused.status, refused.code()), (405, "cors_disabled".to_owned()), "{path}");
        assert!(refused.text().contains("--cors-origins"), "{}", refused.text());
        assert!(!refused.header("allow").is_empty(), "{path}");
        assert_unreadable(&refused, path);
    }
    for (what, status, answer) in answers(&rig, "https://chat.example.com").await {
        assert_eq!(answer.status, status, "{what}");
        assert_unreadable(&answer, what);
    }
    // Without the marks of a preflight it is a request like any other.
    let options = rig.client.request(Method::OPTIONS, format!("{}/v1/models", rig.origin));
    assert_eq!(got(options).await.code(), "invalid_api_key");
}
