//! What browsers are told about every answer.

use app::ports::Role;
use reqwest::Method;
use serde_json::json;

use super::samples::{instance, with};
use crate::console::TestServer;

#[tokio::test]
async fn every_answer_has_the_security_headers() {
    let server = TestServer::start().await;
    for path in [
        "/sign-in",
        "/setup",
        "/",
        "/nowhere",
        "/api/v1/instances",
        "/api/v1/nowhere",
        "/fn/nothing",
        "/pkg/nothing.js",
        "/favicon.svg",
        "/robots.txt",
        "/healthz",
        "/readyz",
    ] {
        for accept in ["text/html", "*/*"] {
            let answer = server.send(server.bare(Method::GET, path).header("accept", accept)).await;
            let header = |name| answer.header(name);
            assert_eq!(header("x-content-type-options"), "nosniff", "{path}");
            assert_eq!(header("x-frame-options"), "DENY", "{path}");
            assert_eq!(header("referrer-policy"), "same-origin", "{path}");
            assert_eq!(header("cross-origin-opener-policy"), "same-origin", "{path}");
            assert!(header("permissions-policy").contains("camera=()"), "{path}");
            let policy = header("content-security-policy");
            assert!(
                policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"),
                "{path}"
            );
            assert!(!policy.contains("unsafe-inline") && !policy.contains("'unsafe-eval'"), "{path}");
            assert!(["no-store", "no-cache"].contains(&header("cache-control")), "{path}");
        }
    }
}

#[tokio::test]
async fn a_page_has_a_fresh_nonce_and_nothing_inline() {
    let server = TestServer::start().await;
    let mut nonces = std::collections::BTreeSet::new();
    for _ in 0..3 {
        let page = server.send(server.bare(Method::GET, "/sign-in").header("accept", "text/html")).await;
        assert!(page.header("content-type").starts_with("text/html"));
        let policy = page.header("content-security-policy");
        let nonce = policy.split_once("'nonce-").unwrap().1.split_once('\'').unwrap().0.to_owned();
        for part in [
            "'strict-dynamic'",
            "'wasm-unsafe-eval'",
            "style-src 'self'",
            "form-action 'self'",
            "base-uri 'none'",
        ] {
            assert!(policy.contains(part), "{policy}");
        }
        assert!(nonce.len() >= 16);
        assert_eq!(
            page.text.matches("<script").count(),
            page.text.matches(&format!("nonce=\"{nonce}\"")).count()
        );
        assert!(!page.text.contains(" style=") && !page.text.contains("<style"), "{}", page.text);
        assert!(!page.text.contains(" onclick=") && !page.text.contains("javascript:"));
        assert!(nonces.insert(nonce), "a nonce is used once");
    }
}

#[tokio::test]
async fn a_name_is_escaped_in_the_page_title() {
    let server = TestServer::start().await;
    let name = "</title><script>top.pwned=1</script> & Sons";
    let made = server.make("/instances", &with(instance("a"), json!({ "name": name }))).await;
    let now = server::clock::now();
    let cookie = server.session("vera", Role::Viewer, [now, now]).await;
    let path = format!("/instances/{}", made["id"].as_str().unwrap());
    let page = server.bare(Method::GET, &path).header("accept", "text/html").header("cookie", cookie);
    let text = server.send(page).await.text;
    assert!(
        text.contains("<title>&lt;/title&gt;&lt;script&gt;top.pwned=1&lt;/script&gt; &amp; Sons</title>"),
        "{text}"
    );
    assert!(!text.contains("<script>top.pwned"), "{text}");
}
