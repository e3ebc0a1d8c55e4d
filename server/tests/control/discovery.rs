//! Discovery of models, over REST and in the form of a new instance.

use app::ports::Role;
use reqwest::Method;
use serde_json::{Value, json};

use super::samples::{faults, instance, with};
use crate::{
    console::{Answer, Home, TestServer},
    raw_upstream::{RawUpstream, header, json_answer},
};

const KEY: &str = "sk-canary-discovered-4711";

/// Speaks like vLLM, if it is asked with key, header and query.
fn vllm(request: &str) -> String {
    let line = request.lines().next().unwrap_or_default();
    if header(request, "x-api-key") != Some(KEY) || header(request, "x-org") != Some("canary-org") {
        return json_answer(401, &json!({ "error": KEY }));
    }
    let entry = |id: &str| json!({ "id": id, "object": "model", "owned_by": "vllm", "max_model_len": 4096 });
    match line {
        "GET /base/models?version=2 HTTP/1.1" => {
            json_answer(200, &json!({ "data": [entry("llama-3"), entry("bge-m3"), entry("old")] }))
        }
        "POST /base/chat/completions?version=2 HTTP/1.1" => {
            json_answer(422, &json!({ "detail": "messages" }))
        }
        "POST /base/completions?version=2 HTTP/1.1" => json_answer(400, &json!({})),
        "POST /base/responses?version=2 HTTP/1.1" => json_answer(404, &json!({})),
        "POST /base/messages?version=2 HTTP/1.1" => json_answer(405, &json!({})),
        _ => json_answer(500, &json!({})),
    }
}

fn connection(upstream: &RawUpstream) -> Value {
    json!({
        "base_url": format!("{}/base?version=2", upstream.origin),
        "auth_header": "x-api-key",
        "api_key": KEY,
        "headers": { "X-Org": "canary-org" },
    })
}

#[tokio::test]
async fn a_server_tells_its_models_and_apis_and_nothing_is_saved() {
    let (server, upstream) = (TestServer::start().await, RawUpstream::start(vllm).await);
    let old =
        json!({ "name": "old", "model": "old", "base_url": format!("{}/base/?version=2", upstream.origin) });
    server.make("/instances", &old).await;
    let found = server.post("/instances/discover", &connection(&upstream)).await.expect(200);
    let expected = json!({
        "models": [
            { "id": "llama-3", "kind": "chat", "exists": null },
            { "id": "bge-m3", "kind": "embeddings", "exists": null },
            { "id": "old", "kind": "chat", "exists": "inst_old" },
        ],
        "apis": {
            "chat_completions": "yes", "completions": "yes", "responses": "no", "messages": "no",
            "embeddings": "unknown",
        },
        "server": "vLLM",
    });
    assert_eq!(found, expected);
    let requests = upstream.requests();
    assert_eq!(requests.len(), 6);
    for request in &requests {
        let body = request.split("\r\n\r\n").nth(1).unwrap();
        assert_eq!(body, if request.starts_with("GET ") { "" } else { "{}" });
        assert_eq!(header(request, "authorization"), None);
    }
    let instances = server.get("/instances").await.expect(200);
    assert_eq!(instances["data"].as_array().unwrap().len(), 1);
    assert!(!server.answered().contains("canary"), "a secret is shown");
}

#[tokio::test]
async fn what_keeps_a_discovery_from_working_is_told_at_its_field() {
    let (server, upstream) = (TestServer::start().await, RawUpstream::start(vllm).await);
    let refused = async |more: Value| {
        let answer = server.post("/instances/discover", &with(connection(&upstream), more)).await;
        assert!(!answer.text.contains("canary"), "{}", answer.text);
        answer.faults()
    };
    for (more, expected) in [
        (json!({ "api_key": "wrong" }), ("api_key", "key_refused")),
        (json!({ "base_url": "http://127.0.0.1:9/v1" }), ("base_url", "unreachable")),
        (json!({ "base_url": "http://169.254.169.254/v1" }), ("base_url", "address_refused")),
        (json!({ "base_url": format!("{}/v1", server.base) }), ("base_url", "self_reference")),
        (json!({ "base_url": "http://h/v1?key=1" }), ("base_url", "url_secret")),
        (json!({ "base_url": null }), ("base_url", "required")),
        (json!({ "headers": { "X-Org": null } }), ("headers.X-Org", "required")),
        (json!({ "headers": { "Host": "h" } }), ("headers.Host", "header_refused")),
        (json!({ "auth_header": "x-sb-key" }), ("auth_header", "header_refused")),
        (json!({ "model": "m" }), ("model", "unknown_field")),
    ] {
        assert_eq!(refused(more).await, faults(&[expected]));
    }
    // A server without a list still tells its APIs.
    let bare = RawUpstream::start(|_| json_answer(404, &json!({}))).await;
    let found = server.post("/instances/discover", &json!({ "base_url": bare.origin })).await.expect(200);
    assert_eq!((&found["models"], &found["server"]), (&json!([]), &Value::Null));
    assert_eq!(found["apis"]["chat_completions"], "no");
    assert!(bare.requests()[0].starts_with("GET /v1/models HTTP/1.1\r\n"));
}

#[tokio::test]
async fn discovery_is_for_admins_and_limited_like_tests() {
    let server = TestServer::start().await;
    let bare = RawUpstream::start(|_| json_answer(404, &json!({}))).await;
    let now = server::clock::now();
    let cookie = server.session("edda", Role::Editor, [now, now]).await;
    let body = json!({ "base_url": bare.origin });
    let request = server.bare(Method::POST, "/api/v1/instances/discover").header("cookie", &cookie);
    let request = request.header("content-type", "application/json").header("origin", &server.base);
    assert_eq!(server.send(request.body(body.to_string())).await.code(403), "permission_denied");
    assert_eq!(bare.requests().len(), 0);
    let mut statuses = Vec::new();
    for _ in 0..70 {
        statuses.push(server.post("/instances/discover", &body).await.status);
    }
    assert!(statuses[..60].iter().all(|it| *it == 200) && statuses.contains(&429), "{statuses:?}");
}

#[tokio::test]
async fn a_huge_or_endless_list_is_not_read_whole() {
    let server = TestServer::start().await;
    let huge = RawUpstream::start(|request| {
        if !request.starts_with("GET ") {
            return json_answer(400, &json!({}));
        }
        let entries: Vec<_> =
            (0..200_000).map(|it| json!({ "id": format!("model-{it}-{}", "x".repeat(40)) })).collect();
        json_answer(200, &json!({ "data": entries }))
    })
    .await;
    let answer = server.post("/instances/discover", &json!({ "base_url": huge.origin })).await;
    assert_eq!(answer.faults(), faults(&[("base_url", "unreachable")]));
}

#[tokio::test]
async fn a_list_that_repeats_the_secrets_is_redacted() {
    let server = TestServer::start().await;
    let echo = RawUpstream::start(|request| {
        let key = header(request, "authorization").unwrap_or_default();
        let org = header(request, "x-org").unwrap_or_default();
        json_answer(200, &json!({ "data": [{ "id": key }, { "id": org }] }))
    })
    .await;
    let body = json!({ "base_url": echo.origin, "api_key": KEY, "headers": { "X-Org": "canary-org" } });
    let found = server.post("/instances/discover", &body).await.expect(200);
    assert_eq!(found["models"].as_array().unwrap().len(), 2);
    assert!(!server.answered().contains("canary"), "{found}");
}

/// Posts the form of a new instance without scripting.
struct Form {
    server: TestServer,
    cookie: String,
}

impl Form {
    async fn start() -> Self {
        let server = Home::new().start().await;
        let now = server::clock::now();
        let cookie = server.session("ada", Role::Admin, [now, now]).await;
        Self { server, cookie }
    }

    /// Posts it; answers with where the browser is sent, and the page there.
    async fn post(&self, fields: &[(&str, &str)]) -> (String, Answer) {
        let sent =
            self.server.send(self.server.form("save_instance", fields).header("cookie", &self.cookie)).await;
        let location = sent.header("location").to_owned();
        let path = location.split('#').next().unwrap().to_owned();
        let page =
            self.server.bare(Method::GET, &path).header("accept", "text/html").header("cookie", &self.cookie);
        (location, self.server.send(page).await)
    }
}

/// A parameter of an address.
fn parameter(location: &str, name: &str) -> String {
    let query = location.split(['?', '#']).nth(1).unwrap_or_default();
    let mut parameters = url::form_urlencoded::parse(query.as_bytes());
    parameters.find(|it| it.0 == name).map(|it| it.1.into_owned()).unwrap_or_default()
}

#[tokio::test]
async fn chosen_models_become_an_instance_each_without_scripting() {
    let (it, upstream) = (Form::start().await, RawUpstream::start(vllm).await);
    let base_url = format!("{}/base?version=2", upstream.origin);
    let typed = [
        ("form[base_url]", base_url.as_str()),
        ("form[auth_header]", "x-api-key"),
        ("form[workload_kind]", "chat"),
        ("form[enabled]", "true"),
        ("form[headers][0][name]", "X-Org"),
    ];
    let secrets = [("form[api_key]", KEY), ("form[headers][0][value]", "canary-org")];
    let asked: Vec<_> = typed.into_iter().chain(secrets).chain([("act", "find")]).collect();
    let (location, page) = it.post(&asked).await;
    assert!(location.starts_with("/instances/new?draft=") && location.ends_with("#found"), "{location}");
    for words in [
        "The server offers 3 models. This seems to be vLLM.",
        "llama-3",
        "bge-m3",
        "Chat completions, Completions",
    ] {
        assert!(page.text.contains(words), "{words}: {}", page.text);
    }

    // What was typed stays with the server: the page does not show it, and the next press uses it.
    let (kept, found) = (parameter(&location, "kept"), parameter(&location, "found"));
    let chosen = [
        ("form[kept]", kept.as_str()),
        ("form[found]", &found),
        ("form[models][0][id]", "llama-3"),
        ("form[models][0][add]", "true"),
        ("form[models][0][kind]", "chat"),
        ("form[models][1][id]", "bge-m3"),
        ("form[models][1][add]", "true"),
        ("form[models][1][kind]", "embeddings"),
        ("form[models][2][id]", "old"),
        ("act", "add_models"),
    ];
    let (location, page) = it.post(&typed.into_iter().chain(chosen).collect::<Vec<_>>()).await;
    assert!(location.starts_with("/instances?note="), "{location}");
    assert!(page.text.contains("Added 2 instances: llama-3, bge-m3."), "{}", page.text);
    for (id, kind) in [("inst_llama-3", "chat"), ("inst_bge-m3", "embeddings")] {
        let shown = it.server.get(&format!("/instances/{id}")).await.expect(200);
        assert_eq!((&shown["workload_kind"], &shown["base_url"]), (&json!(kind), &json!(base_url)));
        assert_eq!((&shown["api_key_last4"], &shown["needs_reentry"]), (&json!("4711"), &json!([])));
        assert_eq!(
            it.server.post(&format!("/instances/{id}/test"), &json!({})).await.expect(200)["ok"],
            true
        );
    }
    // They are marked, and nothing was chosen of the rest.
    let (_, page) = it.post(&asked).await;
    assert_eq!(page.text.matches("Already added").count(), 2);
    let none = [("form[kept]", kept.as_str()), ("form[found]", &found), ("act", "add_models")];
    let (location, page) = it.post(&typed.into_iter().chain(none).collect::<Vec<_>>()).await;
    assert!(location.starts_with("/instances/new?"), "{location}");
    assert!(page.text.contains("Choose at least one model to add."), "{}", page.text);
    let answered = it.server.answered();
    assert!(!answered.contains(KEY) && !answered.contains("canary-org"), "a secret is shown");
}

#[tokio::test]
async fn presets_and_rows_of_headers_work_without_scripting_and_lose_no_secret() {
    let (it, upstream) = (Form::start().await, RawUpstream::start(vllm).await);
    let (_, page) = it.post(&[("form[preset]", "anthropic"), ("act", "preset")]).await;
    for words in ["https://api.anthropic.com/v1", "x-api-key", "anthropic-version", "2023-06-01"] {
        assert!(page.text.contains(words), "{words}");
    }
    let base_url = format!("{}/base?version=2", upstream.origin);
    let typed = [
        ("form[name]", "a"),
        ("form[base_url]", &*base_url),
        ("form[auth_header]", "x-api-key"),
        ("form[api_key]", KEY),
    ];
    let row = [
        ("form[headers][0][name]", "X-Org"),
        ("form[headers][0][value]", "canary-org"),
        ("act", "add_header"),
    ];
    let (location, page) = it.post(&typed.into_iter().chain(row).collect::<Vec<_>>()).await;
    assert!(
        page.text.contains(r#"value="X-Org""#) && page.text.contains("kept for ten minutes"),
        "{}",
        page.text
    );
    let kept = parameter(&location, "kept");
    // A second row, and neither secret again.
    let row = [
        ("form[headers][0][name]", "X-Org"),
        ("form[headers][1][name]", "X-Two"),
        ("form[headers][1][value]", "canary-two"),
    ];
    let save = [("form[kept]", kept.as_str()), ("act", "save")];
    let (location, _) = it.post(&typed[..3].iter().copied().chain(row).chain(save).collect::<Vec<_>>()).await;
    assert!(location.starts_with("/instances?note="), "{location}");
    let shown = it.server.get("/instances/inst_a").await.expect(200);
    assert_eq!(shown["headers"], json!({ "X-Org": null, "X-Two": null }));
    assert_eq!((&shown["api_key_set"], &shown["needs_reentry"]), (&json!(true), &json!([])));
    it.server.post("/instances/inst_a/test", &json!({})).await.expect(200);
    assert_eq!(header(upstream.requests().last().unwrap(), "x-two"), Some("canary-two"));

    // Saving the stored one without touching its secrets keeps them; a removed row is removed.
    let kept_row = [
        ("form[id]", "inst_a"),
        ("form[revision]", "1"),
        ("form[headers][0][name]", "X-Org"),
        ("act", "save"),
    ];
    let (location, _) = it.post(&typed[..3].iter().copied().chain(kept_row).collect::<Vec<_>>()).await;
    assert!(location.starts_with("/instances?note="), "{location}");
    let shown = it.server.get("/instances/inst_a").await.expect(200);
    assert_eq!((&shown["headers"], &shown["needs_reentry"]), (&json!({ "X-Org": null }), &json!([])));
    assert_eq!(shown["api_key_set"], true);

    // Secrets that are not there any more are asked for again, not left out.
    let gone = [("form[name]", "b"), ("form[base_url]", &*base_url), ("form[kept]", "gone"), ("act", "save")];
    let (location, page) = it.post(&gone).await;
    assert!(location.starts_with("/instances/new?draft="), "{location}");
    assert!(page.text.contains("Enter the key and header values again"), "{}", page.text);
    it.server.get("/instances/inst_b").await.expect(404);
    let answered = it.server.answered();
    assert!(!answered.contains("canary"), "a secret is shown");
}

#[tokio::test]
async fn errors_of_secrets_are_shown_at_their_fields() {
    let it = Form::start().await;
    it.server.make("/instances", &instance("a")).await;
    let fields = [
        ("form[name]", "b"),
        ("form[base_url]", "http://127.0.0.1:9/v1"),
        ("form[headers][0][name]", "X-Org"),
        ("form[headers][0][value]", "canary\u{e9}"),
        ("act", "save"),
    ];
    let (location, page) = it.post(&fields).await;
    assert!(location.starts_with("/instances/new?draft="), "{location}");
    assert!(page.text.contains("Use a value of printable ASCII characters."), "{}", page.text);
    assert!(!page.text.contains("canary"));
    let (_, page) = it.post(&[("form[base_url]", "http://127.0.0.1:9/v1"), ("act", "find")]).await;
    assert!(page.text.contains("Nothing answers at its address."), "{}", page.text);
    assert!(page.text.contains(r##"href="#base_url""##), "{}", page.text);
}

#[tokio::test]
async fn a_key_that_is_refused_with_400_and_an_empty_purse_are_told() {
    let server = TestServer::start().await;
    let key = json!([{ "error": { "code": 400, "message": "API key not valid.", "details": [{ "reason": "API_KEY_INVALID" }] } }]);
    let quota = json!({ "error": { "message": "Check your plan.", "code": "insufficient_quota" } });
    for (status, body, words) in [(400, key, "rejects the key"), (429, quota, "out of credit")] {
        let upstream = RawUpstream::start(move |_| json_answer(status, &body)).await;
        let body = json!({ "base_url": upstream.origin, "api_key": "k" });
        let answer = server.post("/instances/discover", &body).await;
        assert!(answer.text.contains(words), "{}", answer.text);
        assert_eq!(answer.faults(), faults(&[("api_key", "key_refused")]));
        assert_eq!(upstream.requests().len(), 1, "nothing more is asked with it");
    }
}
