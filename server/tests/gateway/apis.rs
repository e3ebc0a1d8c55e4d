//! Calls of each API: which instances they go to, and what they leave behind.

use app::{
    domain::{config::connection::ApiSupport, routing::health::HealthState},
    ports::DataPlane as _,
};
use fault_upstream::FaultUpstream;
use reqwest::Method;
use serde_json::{Value, json};

use crate::rig::{Got, KEY, NARROW, Rig, Setup, calls, chat_body, got};

async fn upstreams<const N: usize>() -> [FaultUpstream; N] {
    let mut started = Vec::new();
    for _ in 0..N {
        started.push(FaultUpstream::start().await.unwrap());
    }
    started.try_into().unwrap_or_else(|_| panic!("as many as asked for"))
}

/// Two instances of one balancer `open`, taken in turn.
async fn pair(models: [&str; 2]) -> ([FaultUpstream; 2], Rig) {
    let [a, b] = upstreams().await;
    let rig = Setup::new()
        .chat("a", &a, models[0])
        .chat("b", &b, models[1])
        .group("both", &[("a", 1, 1), ("b", 1, 1)])
        .ordered("open", &[("only", "tg_both")])
        .start()
        .await;
    ([a, b], rig)
}

async fn respond(rig: &Rig, key: &str, body: Value) -> Got {
    let mut body = body;
    body["model"] = json!("open");
    got(rig.post_as(key, "/v1/responses", body.to_string())).await
}

async fn at(rig: &Rig, key: &str, method: Method, path: &str) -> Got {
    got(rig.client.request(method, format!("{}{path}", rig.origin)).bearer_auth(key)).await
}

fn state(rig: &Rig, id: &str) -> HealthState {
    rig.gateway.health(id).state
}

#[tokio::test]
async fn what_continues_a_response_goes_to_the_instance_that_made_it() {
    let (_upstreams, rig) = pair(["ok", "ok"]).await;
    for _ in 0..3 {
        let first = respond(&rig, KEY, json!({ "input": "hi" })).await;
        let id = first.json()["id"].as_str().unwrap().to_owned();
        for _ in 0..3 {
            let next = respond(&rig, KEY, json!({ "input": "on", "previous_response_id": id })).await;
            let seen = (next.status, next.header("x-sb-instance"), next.header("x-sb-reason"));
            assert_eq!(seen, (200, first.header("x-sb-instance"), "pinned"));
        }
        let stored = at(&rig, KEY, Method::GET, &format!("/v1/responses/{id}?include[]=x")).await;
        assert_eq!((stored.status, stored.header("x-sb-instance")), (200, first.header("x-sb-instance")));
        let items = at(&rig, KEY, Method::GET, &format!("/v1/responses/{id}/input_items")).await;
        assert_eq!(items.header("x-sb-instance"), first.header("x-sb-instance"));
        let gone = at(&rig, KEY, Method::DELETE, &format!("/v1/responses/{id}")).await;
        assert_eq!((gone.status, gone.header("x-sb-instance")), (200, first.header("x-sb-instance")));
    }
}

#[tokio::test]
async fn a_streamed_response_is_remembered_too() {
    let (_upstreams, rig) = pair(["ok", "ok"]).await;
    let first = respond(&rig, KEY, json!({ "input": "hi", "stream": true })).await;
    let text = first.text();
    assert!(text.contains("response.completed") && !text.contains("[DONE]"), "{text}");
    let id = text.split("\"id\":\"resp").nth(1).and_then(|it| it.split('"').next()).unwrap();
    for _ in 0..3 {
        let next =
            respond(&rig, KEY, json!({ "input": "on", "previous_response_id": format!("resp{id}") })).await;
        assert_eq!(next.header("x-sb-instance"), first.header("x-sb-instance"));
    }
}

#[tokio::test]
async fn another_keys_response_and_an_unknown_one_are_not_found() {
    let (upstreams, rig) = pair(["ok", "ok"]).await;
    let first = respond(&rig, KEY, json!({ "input": "hi" })).await;
    let id = first.json()["id"].as_str().unwrap().to_owned();
    let before: usize = upstreams.iter().map(calls).sum();
    let taken = respond(&rig, NARROW, json!({ "input": "on", "previous_response_id": id })).await;
    assert_eq!((taken.status, taken.code().as_str()), (404, "response_not_found"));
    for (key, id) in [(NARROW, id.as_str()), (KEY, "resp_unknown")] {
        for (method, rest) in [(Method::GET, ""), (Method::DELETE, ""), (Method::POST, "/cancel")] {
            let refused = at(&rig, key, method, &format!("/v1/responses/{id}{rest}")).await;
            assert_eq!((refused.status, refused.code().as_str()), (404, "response_not_found"), "{id}{rest}");
        }
    }
    assert_eq!(upstreams.iter().map(calls).sum::<usize>(), before, "none reached an upstream");
    let unseen = respond(&rig, KEY, json!({ "input": "on", "previous_response_id": "resp_elsewhere" })).await;
    assert_ne!(unseen.header("x-sb-reason"), "pinned", "an id from before a restart is routed as usual");
}

#[tokio::test]
async fn a_forced_route_outranks_what_a_call_continues_and_moves_nothing() {
    let [a, b] = upstreams().await;
    let rig = Setup::new()
        .chat("a", &a, "ok")
        .chat("b", &b, "ok")
        .ordered("open", &[("main", "inst_a"), ("spare", "inst_b")])
        .start()
        .await;
    let first = respond(&rig, KEY, json!({ "input": "hi" })).await;
    assert_eq!(first.header("x-sb-instance"), "inst_a");
    let id = first.json()["id"].as_str().unwrap().to_owned();
    let next = json!({ "model": "open", "input": "on", "previous_response_id": id }).to_string();
    let forced = got(rig.post("/v1/responses", next).header("x-sb-route", "spare")).await;
    assert_eq!((forced.header("x-sb-instance"), forced.header("x-sb-reason")), ("inst_b", "forced"));
    let stored = at(&rig, KEY, Method::GET, &format!("/v1/responses/{id}")).await;
    assert_eq!((stored.status, stored.header("x-sb-instance")), (200, "inst_a"), "it stays with who made it");
}

#[tokio::test]
async fn an_api_that_one_instance_lacks_goes_to_the_other_and_ejects_nobody() {
    let ([chat_only, both], rig) = pair(["no-responses@404", "ok"]).await;
    for number in 0..10 {
        let prompt = format!("call {number}");
        assert_eq!(got(rig.chat("open", &prompt)).await.status, 200);
        let answer = respond(&rig, KEY, json!({ "input": prompt })).await;
        let seen = (answer.status, answer.header("x-sb-instance"), answer.header("x-sb-attempts"));
        assert_eq!(seen, (200, "inst_b", "1"));
    }
    let on = |upstream: &FaultUpstream, path: &str| {
        upstream.requests().iter().filter(|it| it.path.ends_with(path)).count()
    };
    assert_eq!((on(&chat_only, "/chat/completions"), on(&both, "/chat/completions")), (5, 5));
    assert_eq!(on(&chat_only, "/responses"), 1, "asked once, then passed over");
    assert_eq!([state(&rig, "inst_a"), state(&rig, "inst_b")], [HealthState::Healthy; 2]);
}

#[tokio::test]
async fn an_api_that_nobody_speaks_is_refused_by_name() {
    for status in [404, 405, 501] {
        let fault = format!("no-messages@{status}");
        let ([a, b], rig) = pair([&fault, &fault]).await;
        let body = || {
            let mut body = chat_body("open", "hi");
            body["max_tokens"] = json!(5);
            body.to_string()
        };
        let first = got(rig.post("/v1/messages", body())).await;
        assert_eq!((first.status, first.json()["error"]["code"].as_str()), (400, Some("api_not_supported")));
        assert_eq!(first.json()["type"], "error", "in the shape of the API");
        let asked = calls(&a) + calls(&b);
        let second = got(rig.post("/v1/messages", body())).await;
        assert_eq!((second.status, second.header("x-sb-attempts")), (400, "0"));
        assert_eq!(calls(&a) + calls(&b), asked, "nobody is asked again");
        rig.gateway.test_instance("inst_a", false).await.unwrap();
        got(rig.post("/v1/messages", body())).await;
        assert_eq!(
            calls(&a) + calls(&b),
            asked + 2,
            "a test forgets what was not served: the list and the call"
        );
    }
}

#[tokio::test]
async fn what_is_configured_is_not_tried() {
    let [a] = upstreams().await;
    let rig = Setup::new()
        .instance("a", &a.base_url(), "ok", |it| it.apis.chat_completions = ApiSupport::No)
        .ordered("open", &[("only", "inst_a")])
        .start()
        .await;
    let refused = got(rig.chat("open", "hi")).await;
    assert_eq!((refused.status, refused.code().as_str(), calls(&a)), (400, "api_not_supported", 0));
    assert_eq!(respond(&rig, KEY, json!({ "input": "hi" })).await.status, 200);
}

#[tokio::test]
async fn messages_have_errors_and_headers_of_their_own() {
    let [a, b] = upstreams().await;
    let rig = Setup::new()
        .chat("a", &a, "ok")
        .chat("b", &b, "500")
        .ordered("open", &[("only", "inst_a")])
        .ordered("broken", &[("only", "inst_b")])
        .start()
        .await;
    let body = |model: &str| {
        json!({ "model": model, "max_tokens": 9, "messages": [{ "role": "user", "content": "hi" }] })
            .to_string()
    };
    let call = rig.post("/v1/messages", body("open")).header("anthropic-version", "2023-06-01");
    let answer = got(call.header("anthropic-beta", "tools")).await;
    assert_eq!((answer.status, answer.header("request-id")), (200, answer.header("x-request-id")));
    let seen = a.requests().remove(0);
    assert_eq!(
        (seen.header("anthropic-version"), seen.header("anthropic-beta")),
        (Some("2023-06-01"), Some("tools"))
    );
    for (key, model, status, kind) in [
        ("sb-wrong", "open", 401, "authentication_error"),
        (KEY, "unknown", 404, "not_found_error"),
        (KEY, "broken", 502, "api_error"),
    ] {
        let refused = got(rig.post_as(key, "/v1/messages", body(model))).await;
        let json = refused.json();
        assert_eq!((refused.status, json["type"].as_str()), (status, Some("error")), "{model}");
        assert_eq!(json["error"]["type"], kind);
        assert_eq!(json["request_id"], refused.header("x-request-id"));
    }
}

#[tokio::test]
async fn a_broken_stream_is_told_in_the_words_of_its_api() {
    for (path, body, told) in [
        (
            "/v1/responses",
            json!({ "model": "open", "stream": true, "input": "hi" }),
            "\"type\":\"response.failed\"",
        ),
        (
            "/v1/messages",
            json!({ "model": "open", "stream": true, "max_tokens": 9, "messages": [{ "role": "user", "content": "hi" }] }),
            "event: error\ndata: {\"type\":\"error\"",
        ),
        ("/v1/completions", json!({ "model": "open", "stream": true, "prompt": "hi" }), "data: {\"error\":{"),
    ] {
        let [a] = upstreams().await;
        let rig =
            Setup::new().chat("a", &a, "fin-early@20").ordered("open", &[("only", "inst_a")]).start().await;
        let broken = got(rig.post(path, body.to_string())).await;
        let text = broken.text();
        assert_eq!(broken.status, 200, "{path}");
        assert!(text.trim_end().rsplit("\n\n").next().unwrap().contains(told), "{path}: {text}");
        assert!(text.contains("upstream_error") && !text.contains("[DONE]"), "{path}: {text}");
    }
}

#[tokio::test]
async fn a_call_that_counts_tokens_asks_no_router_model() {
    let [a, router] = upstreams().await;
    let rig = Setup::new()
        .chat("a", &a, "ok")
        .chat("r", &router, "router-json@code")
        .classifier("open", "inst_r", &[("code", "inst_a"), ("general", "inst_a")])
        .start()
        .await;
    let body =
        json!({ "model": "open", "messages": [{ "role": "user", "content": "count this" }] }).to_string();
    let counted = got(rig.post("/v1/messages/count_tokens", body)).await;
    assert_eq!((counted.status, counted.header("x-sb-reason")), (200, "not_classified"));
    let input = json!({ "model": "open", "input": "count this" }).to_string();
    assert_eq!(
        got(rig.post("/v1/responses/input_tokens", input)).await.header("x-sb-reason"),
        "not_classified"
    );
    assert_eq!(calls(&router), 0);
}

#[tokio::test]
async fn a_responses_body_at_the_address_of_chat_is_told_where_it_belongs() {
    let [a] = upstreams().await;
    let rig = Setup::new().chat("a", &a, "ok").ordered("open", &[("only", "inst_a")]).start().await;
    let body = json!({ "model": "open", "input": [{ "role": "user", "content": "hi" }] }).to_string();
    let refused = got(rig.post("/v1/chat/completions", body)).await;
    assert_eq!((refused.status, refused.code().as_str()), (400, "missing_required_parameter"));
    assert!(refused.text().contains("/v1/responses"), "{}", refused.text());
}
