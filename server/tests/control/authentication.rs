//! Nothing answers without credentials: every address of the OpenAPI document, every page, every server function.

use app::{
    ports::Role,
    web::access::{OPEN_FUNCTIONS, OPEN_PAGES},
};
use leptos::server_fn::axum::server_fn_paths;
use reqwest::{Method, header::AUTHORIZATION};
use serde_json::json;

use super::samples::{balancer, instances};
use crate::console::{Answer, TOKEN, TestServer};

const CANARY: &str = "canary-behind-the-door";

/// A server that holds something worth hiding.
async fn server() -> TestServer {
    let server = TestServer::start().await;
    instances(&server, &[CANARY, "a"]).await;
    server.make("/smart-balancers", &balancer(CANARY, "inst_a")).await;
    server.make("/api-keys", &json!({ "name": CANARY })).await;
    server
}

fn assert_kept_out(answer: &Answer, what: &str) {
    assert_eq!(answer.code(401), "unauthenticated", "{what}");
    assert_eq!(answer.header("www-authenticate"), "Bearer", "{what}");
}

fn assert_sent_to_sign_in(answer: &Answer, what: &str) {
    assert_eq!(answer.status, 303, "{what}: {}", answer.text);
    assert!(answer.header("location").starts_with("/sign-in"), "{what}");
}

#[tokio::test]
async fn no_rest_address_answers_without_credentials() {
    let server = server().await;
    let document = server.get("/openapi.json").await.expect(200);
    let mut paths: Vec<_> = document["paths"].as_object().unwrap().keys().cloned().collect();
    assert!(paths.len() > 10);
    paths.extend(["", "/", "/openapi.json", "/nowhere", "/instances/inst_a/more"].map(str::to_owned));
    for path in paths {
        let path = path.replace("{id}", "inst_a");
        for method in [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE, Method::OPTIONS]
        {
            let what = format!("{method} {path}");
            let request = || {
                server.bare(method.clone(), &format!("/api/v1{path}")).header("accept", "application/json")
            };
            assert_kept_out(&server.send(request()).await, &what);
            let json = request().header("content-type", "application/json").body("{}");
            assert_kept_out(&server.send(json).await, &what);
        }
    }
    assert_eq!(server.get("/instances/inst_a").await.expect(200)["revision"], 1, "and nothing was done");
    let head = server.send(server.bare(Method::HEAD, "/api/v1/instances")).await;
    assert_eq!((head.status, head.text.as_str()), (401, ""));
}

#[tokio::test]
async fn no_page_answers_without_a_session() {
    let server = server().await;
    let pages: Vec<_> = server::control::pages::addresses().map(str::to_owned).collect();
    assert!(pages.len() > 10, "{pages:?}");
    let others = [
        "/nowhere",
        "/metrics/",
        "/fn",
        "/fn/nothing",
        "/api",
        "/instances/",
        "//",
        "/sign-in/x",
        "/pkg",
        "/settings/import",
    ];
    for page in pages.into_iter().chain(others.map(str::to_owned)) {
        let page: Vec<_> =
            page.split('/').map(|it| if it.starts_with(['{', ':']) { "inst_a" } else { it }).collect();
        let page = page.join("/");
        let open = OPEN_PAGES.contains(&page.as_str());
        for method in [Method::GET, Method::POST] {
            let what = format!("{method} {page}");
            let human = server.bare(method.clone(), &page).header("accept", "text/html,*/*");
            let human = server.send(human).await;
            let script = server.send(server.bare(method.clone(), &page)).await;
            assert!(!human.text.contains(CANARY) && !script.text.contains(CANARY), "{what}");
            if open {
                assert!([200, 405].contains(&human.status), "{what}");
            } else {
                assert_sent_to_sign_in(&human, &what);
                assert_kept_out(&script, &what);
            }
        }
    }
    let wanted = server.bare(Method::GET, "/instances?q=a%20b").header("accept", "text/html");
    assert_eq!(server.send(wanted).await.header("location"), "/sign-in?next=%2Finstances%3Fq%3Da%2520b");
}

#[tokio::test]
async fn metrics_require_a_session_or_the_token_unless_opened() {
    let server = server().await;
    let metrics = |method: Method| server.bare(method, "/metrics").header("accept", "text/html,*/*");
    for method in [Method::GET, Method::POST] {
        assert_kept_out(&server.send(metrics(method.clone())).await, "nobody");
        assert_kept_out(&server.send(metrics(method).bearer_auth("x")).await, "a stranger");
    }
    let now = server::clock::now();
    let cookie = server.session("vera", Role::Viewer, [now, now]).await;
    let get = || metrics(Method::GET);
    for request in [get().bearer_auth(TOKEN), get().header("cookie", cookie)] {
        let answer = server.send(request).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("content-type"), "text/plain; version=0.0.4; charset=utf-8");
    }
    // As Prometheus asks.
    let accept = "application/openmetrics-text;version=1.0.0;q=0.6,text/plain;version=0.0.4;q=0.5,*/*;q=0.1";
    let request = server.bare(Method::GET, "/metrics").bearer_auth(TOKEN).header("accept", accept);
    let answer = server.send(request).await;
    assert_eq!(answer.header("content-type"), "application/openmetrics-text; version=1.0.0; charset=utf-8");

    let mut home = server.stop().await;
    home.settings.metrics_open = true;
    let server = home.start().await;
    let answer = server.send(server.bare(Method::GET, "/metrics")).await;
    assert!(
        answer.status == 200 && answer.text.contains("smart_balancer_calls_in_flight 0"),
        "{}",
        answer.text
    );
}

/// Every server function; each posts a form, keeps a draft, runs a test or plays.
const SERVER_FUNCTIONS: [&str; 27] = [
    "accept_invitation",
    "add_person",
    "apply_import",
    "change_password",
    "change_role",
    "create_key",
    "delete_object",
    "drop_draft",
    "end_session",
    "evaluate",
    "play",
    "remove_person",
    "reset_person",
    "revoke_key",
    "roll_back",
    "save_instance",
    "save_target_group",
    "send_play",
    "set_up",
    "sign_in",
    "sign_out",
    "sign_out_everywhere",
    "smoke_test",
    "test_instance",
    "try_demo",
    "wizard_checks",
    "wizard_step",
];

#[tokio::test]
async fn no_server_function_answers_without_a_session() {
    let server = server().await;
    let functions: Vec<_> = server_fn_paths().collect();
    let mut names: Vec<_> = functions.iter().map(|(path, _)| path.trim_start_matches("/fn/")).collect();
    names.sort_unstable();
    assert_eq!(names, SERVER_FUNCTIONS, "what a browser calls: pages are read without an endpoint");
    for (path, method) in functions {
        assert_eq!(method, Method::POST, "{path}");
        assert!(path.starts_with("/fn/"), "{path}");
        let name = path.trim_start_matches("/fn/");
        let form = server.send(server.form(name, &[("form[id]", "inst_a")])).await;
        let script = server.send(server.script(name, &[])).await;
        if OPEN_FUNCTIONS.contains(&path) {
            assert_ne!(form.status, 401, "{path}");
            assert!(form.header("set-cookie").is_empty(), "{path}");
        } else {
            assert_sent_to_sign_in(&form, path);
            assert_kept_out(&script, path);
        }
        assert!(!form.text.contains(CANARY) && !script.text.contains(CANARY), "{path}");
        let get = server.send(server.bare(Method::GET, path)).await;
        assert!([401, 405].contains(&get.status), "{path} is never GET");
    }
    assert_eq!(server.get("/api-keys").await.expect(200)["data"][0]["name"], CANARY, "and nothing was done");
}

#[tokio::test]
async fn rest_accepts_only_the_exact_admin_token() {
    let server = server().await;
    let key = server.make("/api-keys", &json!({ "name": "ci" })).await["key"].as_str().unwrap().to_owned();
    let wrong = [
        String::new(),
        "Bearer".to_owned(),
        "Bearer ".to_owned(),
        TOKEN.to_owned(),
        format!("Basic {TOKEN}"),
        format!("Bearer {}", TOKEN.to_uppercase()),
        format!("Bearer {TOKEN}x"),
        format!("Bearer {}", &TOKEN[1..]),
        format!("Bearer {TOKEN} {TOKEN}"),
        format!("Bearer {key}"),
        format!("Bearer {}", "x".repeat(20_000)),
    ];
    for value in wrong {
        let request = server.bare(Method::GET, "/api/v1/instances").header(AUTHORIZATION, &value);
        assert_kept_out(&server.send(request).await, &value);
    }
    let cookie =
        server.bare(Method::GET, "/api/v1/instances").header("cookie", format!("sb_session={TOKEN}"));
    assert_kept_out(&server.send(cookie).await, "the token as a cookie");
    for scheme in ["Bearer", "bearer", "BEARER"] {
        let request =
            server.bare(Method::GET, "/api/v1/instances").header(AUTHORIZATION, format!("{scheme} {TOKEN}"));
        assert_eq!(server.send(request).await.status, 200);
    }
    // It opens REST alone.
    assert_kept_out(&server.send(server.bare(Method::GET, "/instances").bearer_auth(TOKEN)).await, "a page");
}

#[tokio::test]
async fn public_addresses_reveal_nothing() {
    let server = server().await;
    for (path, text) in [
        ("/healthz", "ok\n"),
        ("/readyz", "ready\n"),
        ("/robots.txt", "User-agent: *\nDisallow: /api/\nDisallow: /fn/\nDisallow: /v1/\n"),
    ] {
        let answer = server.send(server.bare(Method::GET, path)).await;
        assert_eq!((answer.status, answer.text.as_str()), (200, text), "{path}");
    }
    for path in ["/sign-in", "/setup", "/setup?token=x", "/sign-in?next=/instances&note=1.x"] {
        let answer = server.send(server.bare(Method::GET, path).header("accept", "text/html")).await;
        assert_eq!(answer.status, 200, "{path}");
        assert!(answer.text.contains("<form") && !answer.text.contains(CANARY), "{path}");
    }
    // The data plane has keys of its own; the console's open nothing there.
    for path in ["/v1/models", "/v1/models/desk", "/v1/chat/completions", "/v1/nothing"] {
        for request in [server.bare(Method::GET, path), server.bare(Method::POST, path).bearer_auth(TOKEN)] {
            let answer = server.send(request).await;
            assert_eq!(answer.expect(401)["error"]["code"], "invalid_api_key", "{path}");
            assert!(!answer.text.contains(CANARY), "{path}");
        }
    }
    let root = server.send(server.bare(Method::GET, "/v1")).await;
    assert!(root.status == 200 && !root.text.contains(CANARY), "{}", root.text);
    // Demo instances want a key that only this server knows.
    for path in ["/demo/v1/models", "/demo/v1/nothing"] {
        assert_eq!(
            server.send(server.bare(Method::GET, path).bearer_auth(TOKEN)).await.status,
            401,
            "{path}"
        );
    }
}
