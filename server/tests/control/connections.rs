//! Headers, keys and addresses of instances over REST: what is stored, shown, kept, dropped and told.

use app::ports::Role;
use reqwest::Method;
use serde_json::{Value, json};

use super::{
    desk::kept,
    samples::{balancer, faults, instance, with},
};
use crate::{
    console::TestServer,
    raw_upstream::{RawUpstream, header, json_answer},
};

async fn upstream() -> RawUpstream {
    RawUpstream::start(|_| json_answer(200, &json!({ "data": [{ "id": "small" }] }))).await
}

/// Makes `inst_a` at that upstream, with a key and two headers.
async fn made(server: &TestServer, upstream: &RawUpstream) -> Value {
    let connection = json!({
        "base_url": format!("{}/v1?api-version=1", upstream.origin),
        "auth_header": "X-Api-Key",
        "api_key": "sk-canary-key-1234",
        "headers": { "X-Org": "canary-org-1", "HTTP-Referer": "canary-referer-1" },
    });
    server.make("/instances", &with(instance("a"), connection)).await
}

/// The header of the newest request, after a test of `inst_a`.
async fn sent(server: &TestServer, upstream: &RawUpstream, name: &str) -> Option<String> {
    server.post("/instances/inst_a/test", &json!({})).await.expect(200);
    upstream.requests().last().and_then(|it| header(it, name).map(str::to_owned))
}

async fn patched(server: &TestServer, fields: Value) -> Value {
    let revision = server.get("/instances/inst_a").await.expect(200)["revision"].clone();
    server.patch("/instances/inst_a", &with(fields, json!({ "revision": revision }))).await.expect(200)
}

fn reason(shown: &Value) -> &Value {
    &shown["health"]["reason"]
}

pub(crate) async fn header_values_are_kept_by_null_and_removed_by_absence(server: &TestServer) {
    let upstream = upstream().await;
    let first = made(server, &upstream).await;
    assert_eq!(first["headers"], json!({ "HTTP-Referer": null, "X-Org": null }));
    assert_eq!(
        (&first["auth_header"], first["needs_reentry"].as_array().map(Vec::len)),
        (&json!("X-Api-Key"), Some(0))
    );
    assert_eq!(sent(server, &upstream, "x-org").await.as_deref(), Some("canary-org-1"));
    assert_eq!(sent(server, &upstream, "x-api-key").await.as_deref(), Some("sk-canary-key-1234"));
    assert_eq!(sent(server, &upstream, "authorization").await, None);

    // What was read can be put back.
    let read = server.get("/instances/inst_a").await.expect(200);
    let put = server.put("/instances/inst_a", &read).await.expect(200);
    assert_eq!(put["headers"], first["headers"]);
    assert_eq!(sent(server, &upstream, "http-referer").await.as_deref(), Some("canary-referer-1"));
    // A patch that says nothing of headers keeps them, too.
    patched(server, json!({ "max_in_flight": 3 })).await;
    assert_eq!(sent(server, &upstream, "x-org").await.as_deref(), Some("canary-org-1"));
    // To a patch, the map is one value.
    let kept = patched(server, json!({ "headers": { "x-org": null, "X-New": "canary-new-1" } })).await;
    assert_eq!(kept["headers"], json!({ "X-New": null, "x-org": null }));
    assert_eq!(sent(server, &upstream, "x-org").await.as_deref(), Some("canary-org-1"));
    assert_eq!(sent(server, &upstream, "x-new").await.as_deref(), Some("canary-new-1"));
    assert_eq!(sent(server, &upstream, "http-referer").await, None);
    // The removed value is gone: a name alone does not bring it back.
    let lost = patched(server, json!({ "headers": { "HTTP-Referer": null, "x-org": "canary-org-2" } })).await;
    assert_eq!(
        (&lost["needs_reentry"], reason(&lost)),
        (&json!(["headers.HTTP-Referer"]), &json!("header_needs_reentry"))
    );
    let calls = upstream.requests().len();
    sent(server, &upstream, "x-org").await;
    assert_eq!(upstream.requests().len(), calls, "it is not called");
    let again =
        patched(server, json!({ "headers": { "HTTP-Referer": "canary-referer-2", "x-org": null } })).await;
    assert_eq!((again["needs_reentry"].as_array().map(Vec::len), reason(&again)), (Some(0), &Value::Null));
    assert_eq!(sent(server, &upstream, "x-org").await.as_deref(), Some("canary-org-2"));
    let none = patched(server, json!({ "headers": {} })).await;
    assert_eq!(none["headers"], json!({}));

    // The audit log tells names.
    let audit = server.get("/audit?limit=50").await.expect(200);
    let diffs = audit["data"].as_array().unwrap().iter().flat_map(|it| it["diff"].as_array().unwrap());
    let told = |path: &str, from: Value, to: Value| {
        let change = json!({ "path": path, "from": from, "to": to });
        assert!(diffs.clone().any(|it| *it == change), "{change}: {audit}");
    };
    told("headers.X-Org", Value::Null, json!("hidden"));
    told("headers.HTTP-Referer", json!("hidden"), Value::Null);
    told("headers.x-org", json!("hidden"), json!("replaced"));
    told("needs_reentry[0]", Value::Null, json!("headers.HTTP-Referer"));
    assert!(!server.answered().contains("canary"), "a value is shown");
}

pub(crate) async fn a_changed_origin_drops_what_was_entered_for_the_old_one(server: &TestServer) {
    let (other, upstream) = (upstream().await, upstream().await);
    made(server, &upstream).await;
    // Another path at the same origin changes nothing.
    let path = patched(server, json!({ "base_url": format!("{}/v2", upstream.origin) })).await;
    assert_eq!(
        (&path["api_key_set"], path["needs_reentry"].as_array().map(Vec::len)),
        (&json!(true), Some(0))
    );

    let moved = patched(server, json!({ "base_url": format!("{}/v1", other.origin) })).await;
    assert_eq!((&moved["api_key_set"], &moved["api_key_last4"]), (&json!(false), &Value::Null));
    assert_eq!(moved["needs_reentry"], json!(["api_key", "headers.HTTP-Referer", "headers.X-Org"]));
    assert_eq!(reason(&moved), "key_needs_reentry");
    sent(server, &other, "x-org").await;
    assert_eq!(other.requests().len(), 0, "nobody gets what was entered for another one");
    // Even back at the first address.
    let back = patched(server, json!({ "base_url": format!("{}/v1", upstream.origin) })).await;
    assert_eq!(back["needs_reentry"], moved["needs_reentry"]);

    let removed = patched(server, json!({ "api_key": null })).await;
    assert_eq!(
        (&removed["needs_reentry"][0], reason(&removed)),
        (&json!("headers.HTTP-Referer"), &json!("header_needs_reentry"))
    );
    let whole = patched(server, json!({ "headers": { "X-Org": "canary-org-3" } })).await;
    assert_eq!((whole["needs_reentry"].as_array().map(Vec::len), reason(&whole)), (Some(0), &Value::Null));
    assert_eq!(sent(server, &upstream, "x-org").await.as_deref(), Some("canary-org-3"));

    // With a new key, header values stay.
    let body = json!({ "base_url": format!("{}/v1", other.origin), "api_key": "sk-canary-key-5678" });
    let moved = patched(server, body).await;
    assert_eq!(
        (&moved["api_key_last4"], moved["needs_reentry"].as_array().map(Vec::len)),
        (&json!("5678"), Some(0))
    );
    assert_eq!(sent(server, &other, "x-org").await.as_deref(), Some("canary-org-3"));
    assert_eq!(sent(server, &other, "x-api-key").await.as_deref(), Some("sk-canary-key-5678"));
}

pub(crate) async fn a_document_has_names_and_an_import_may_bring_values(server: &TestServer) {
    let upstream = upstream().await;
    made(server, &upstream).await;
    let document = server.get("/config/export").await.expect(200);
    assert_eq!(document["instances"][0]["headers"], json!({ "HTTP-Referer": null, "X-Org": null }));
    assert_eq!(document["instances"][0].get("needs_reentry"), None);
    let import = async |document: &Value| server.post("/config/import", document).await.expect(200);
    assert_eq!(import(&document).await["changes"], json!([]));

    server.delete("/instances/inst_a").await.expect(204);
    let report = import(&document).await;
    assert_eq!(report["changes"][0]["action"], "create");
    let shown = server.get("/instances/inst_a").await.expect(200);
    assert_eq!(shown["needs_reentry"], json!(["headers.HTTP-Referer", "headers.X-Org"]));
    assert_eq!(import(&document).await["changes"], json!([]), "again");

    let mut filled = document.clone();
    filled["instances"][0]["headers"] = json!({ "HTTP-Referer": "canary-r", "X-Org": "canary-o" });
    filled["instances"][0]["api_key"] = json!("sk-canary-imported");
    let preview = server.post("/config/import?dry_run=true", &filled).await.expect(200);
    assert_eq!(preview["changes"].as_array().unwrap().len(), 1, "{preview}");
    assert_eq!(import(&filled).await["changes"].as_array().unwrap().len(), 1);
    assert_eq!(import(&filled).await["changes"], json!([]), "the values are stored already");
    assert_eq!(sent(server, &upstream, "x-org").await.as_deref(), Some("canary-o"));
    // One other value is a change.
    filled["instances"][0]["headers"]["X-Org"] = json!("canary-p");
    assert_eq!(import(&filled).await["changes"].as_array().unwrap().len(), 1);
    assert_eq!(sent(server, &upstream, "x-org").await.as_deref(), Some("canary-p"));
    assert_eq!(sent(server, &upstream, "http-referer").await.as_deref(), Some("canary-r"));
    assert!(!server.answered().contains("canary"), "a value is shown");
}

#[tokio::test]
async fn connections_are_for_admins() {
    let server = TestServer::start().await;
    let upstream = upstream().await;
    made(&server, &upstream).await;
    let now = server::clock::now();
    let cookie = server.session("edda", Role::Editor, [now, now]).await;
    let patch = async |fields: Value| {
        let body = with(fields, json!({ "revision": 1 })).to_string();
        let request = server.bare(Method::PATCH, "/api/v1/instances/inst_a").header("cookie", &cookie);
        server
            .send(
                request.header("content-type", "application/json").header("origin", &server.base).body(body),
            )
            .await
    };
    for fields in [
        json!({ "base_url": "http://127.0.0.1:9" }),
        json!({ "auth_header": "api-key" }),
        json!({ "headers": {} }),
        json!({ "headers": { "X-Org": "mine", "HTTP-Referer": null } }),
        json!({ "headers": { "X-Org": null, "HTTP-Referer": null, "X-More": "mine" } }),
    ] {
        assert_eq!(patch(fields.clone()).await.code(403), "permission_denied", "{fields}");
    }
    let apis =
        json!({ "chat_completions": "yes", "completions": "auto", "responses": "no", "messages": "auto" });
    let edited =
        patch(json!({ "apis": apis, "headers": { "X-Org": null, "HTTP-Referer": null } })).await.expect(200);
    assert_eq!(edited["apis"], apis);
}

#[tokio::test]
async fn what_a_connection_cannot_be_is_told_at_its_field() {
    let server = TestServer::start().await;
    let body = json!({
        "base_url": "http://127.0.0.1:9/v1?subscription-key=canary-in-url",
        "auth_header": "cookie",
        "headers": { "Host": "canary-a", "x-sb-route": "b", "X-Line": "canary\r\nX-More: 1", "X-List": [] },
        "apis": { "responses": "maybe" },
        "timeouts": { "answer_ms": 0 },
    });
    let refused = server.post("/instances", &with(instance("a"), body)).await;
    let mut told = refused.faults();
    told.sort();
    let expected = [
        ("apis.responses", "unknown_value"),
        ("auth_header", "header_refused"),
        ("base_url", "url_secret"),
        ("headers.Host", "header_refused"),
        ("headers.X-Line", "invalid_header_value"),
        ("headers.X-List", "type"),
        ("headers.x-sb-route", "header_refused"),
        ("timeouts.answer_ms", "out_of_range"),
    ];
    assert_eq!(told, faults(&expected));
    assert!(!refused.text.contains("canary"), "{}", refused.text);
    let body = json!({ "base_url": "http://127.0.0.1:9/v1/chat/completions" });
    let refused = server.post("/instances", &with(instance("a"), body)).await;
    assert_eq!(refused.faults(), faults(&[("base_url", "url_api_path")]));
    assert!(refused.text.contains("Use http://127.0.0.1:9/v1;"), "{}", refused.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_calls_teach_about_apis_is_shown_and_cannot_be_written() {
    let server = TestServer::start().await;
    let upstream = RawUpstream::start(|request| {
        let line = request.lines().next().unwrap_or_default();
        match line.contains("/v1/chat/completions ") {
            true => json_answer(
                200,
                &json!({ "choices": [{ "message": { "role": "assistant", "content": "" }, "finish_reason": "stop" }] }),
            ),
            false => json_answer(404, &json!({ "error": "no such path" })),
        }
    })
    .await;
    let origin = format!("{}/v1", upstream.origin);
    server.make("/instances", &with(instance("a"), json!({ "base_url": origin }))).await;
    server.make("/smart-balancers", &balancer("desk", "inst_a")).await;
    let key = server.make("/api-keys", &json!({ "name": "client" })).await;
    let send = async |path: &str, body: Value| {
        let request = server.bare(Method::POST, path).bearer_auth(key["key"].as_str().unwrap());
        server.send(request.header("content-type", "application/json").body(body.to_string())).await
    };
    let shown = async || server.get("/instances/inst_a").await.expect(200)["apis_learned"].clone();
    assert_eq!(shown().await, json!({}));

    let messages = json!([{ "role": "user", "content": "Hi" }]);
    let chat = send("/v1/chat/completions", json!({ "model": "desk", "messages": messages })).await;
    let refused = send("/v1/responses", json!({ "model": "desk", "input": "Hi" })).await;
    assert!(chat.status == 200 && refused.status >= 400, "{} {}", chat.status, refused.status);
    let learned = json!({ "chat_completions": "yes", "responses": "no" });
    assert_eq!(shown().await, learned);
    assert_eq!(server.get("/instances").await.expect(200)["data"][0]["apis_learned"], learned);

    let now = server::clock::now();
    let cookie = server.session("vera", Role::Viewer, [now, now]).await;
    let page = server.bare(Method::GET, "/instances/inst_a").header("accept", "text/html");
    let page = server.send(page.header("cookie", &cookie)).await.text;
    assert!(page.contains("it does not speak Responses"), "{page}");

    let edit = json!({ "revision": 1, "apis_learned": { "responses": "yes" }, "max_in_flight": 7 });
    server.patch("/instances/inst_a", &edit).await.expect(200);
    assert_eq!(shown().await, learned);

    // The log names the API, and marks an answer without content.
    let logged = |call: &Value| json!([call["api"], call["empty"], call["preparation"]]);
    let call = kept(&server, chat.header("x-request-id")).await;
    assert_eq!(logged(&call), json!(["chat_completions", true, false]));
    let call = kept(&server, refused.header("x-request-id")).await;
    assert_eq!(logged(&call), json!(["responses", false, false]));
}
