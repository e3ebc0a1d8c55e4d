//! Addresses with a query, keys in other headers, and additional headers, as they arrive at an instance.

use app::{domain::secret::Secret, ports::DataPlane as _};
use serde_json::json;

use super::chunks::{framings, good_stream};
use crate::{
    raw_upstream::{RawUpstream, header, json_answer},
    rig::{Setup, UPSTREAM_KEY, got},
};

/// Azure: the address has a query, the key another header; without both it refuses, and it begins with an event that
/// has no choices.
fn azure(request: &str) -> String {
    let line = "POST /openai/deployments/d/chat/completions?api-version=2024-10-21 HTTP/1.1";
    if request.lines().next() != Some(line) || header(request, "api-key") != Some(UPSTREAM_KEY) {
        return json_answer(401, &json!({ "error": { "code": "401", "message": "Access denied" } }));
    }
    let filter = json!({ "choices": [], "created": 0, "id": "", "model": "", "object": "",
        "prompt_filter_results": [{ "prompt_index": 0, "content_filter_results": {} }] });
    let delta =
        json!({ "choices": [{ "index": 0, "delta": { "content": "Hello" }, "finish_reason": null }] });
    let end = json!({ "choices": [{ "index": 0, "delta": {}, "finish_reason": "stop" }] });
    format!(
        "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n\
         data: {filter}\n\ndata: {delta}\n\ndata: {end}\n\ndata: [DONE]\n\n"
    )
}

fn at_azure(upstream: &RawUpstream) -> Setup {
    let base = format!("{}/openai/deployments/d?api-version=2024-10-21", upstream.origin);
    let mut setup = Setup::new().instance("a", &base, "d", |it| {
        it.auth_header = "Api-Key".to_owned();
        it.headers = ["X-Org", "User-Agent"].into_iter().collect();
    });
    let values = [("x-org", "canary-org"), ("user-agent", "mine/1")];
    let values = values.map(|(name, value)| (name.to_owned(), Secret::new(value))).into();
    setup.headers.insert("inst_a".into(), values);
    setup.ordered("open", &[("only", "inst_a")])
}

#[tokio::test]
async fn the_query_follows_the_path_and_headers_arrive_as_set() {
    let upstream = RawUpstream::start(azure).await;
    let rig = at_azure(&upstream).start().await;
    let answer = got(rig.stream("open", "hi").header("x-org", "of the caller")).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert!(answer.text().contains("Hello") && answer.text().ends_with("data: [DONE]\n\n"));
    let requests = upstream.requests();
    assert_eq!(header(&requests[0], "x-org"), Some("canary-org"));
    assert_eq!(header(&requests[0], "user-agent"), Some("mine/1"));
    assert_eq!(header(&requests[0], "authorization"), None);
    assert_eq!(requests[0].matches("canary-org").count(), 1);
    // A test of the instance sends the same.
    rig.gateway.test_instance("inst_a", false).await.unwrap();
    let test = &upstream.requests()[1];
    assert!(
        test.starts_with("GET /openai/deployments/d/models?api-version=2024-10-21 HTTP/1.1\r\n"),
        "{test}"
    );
    assert_eq!(header(test, "api-key"), Some(UPSTREAM_KEY));
    assert_eq!((header(test, "x-org"), header(test, "authorization")), (Some("canary-org"), None));
}

#[tokio::test]
async fn without_the_value_of_a_header_an_instance_is_not_called() {
    let upstream = RawUpstream::start(azure).await;
    let mut setup = at_azure(&upstream);
    setup.headers.get_mut(&"inst_a".into()).unwrap().remove("x-org");
    let rig = setup.clone().start().await;
    assert_eq!(got(rig.stream("open", "hi")).await.status, 503);
    let health = rig.gateway.health("inst_a");
    assert_eq!(health.reason.as_deref(), Some("header_needs_reentry"));
    let verdict = rig.gateway.test_instance("inst_a", true).await.unwrap();
    assert!(!verdict.ok && verdict.message.contains("header"), "{verdict:?}");
    assert_eq!(upstream.requests().len(), 0);
    // Once it is entered, calls go out.
    rig.publish(&at_azure(&upstream));
    assert_eq!(got(rig.stream("open", "hi")).await.status, 200);
}

#[tokio::test]
async fn a_refusal_that_repeats_a_header_is_redacted() {
    let upstream = RawUpstream::start(|request| {
        let quoted = header(request, "x-org").unwrap_or_default();
        json_answer(400, &json!({ "error": { "message": format!("not for {quoted}, {UPSTREAM_KEY}") } }))
    })
    .await;
    let rig = at_azure(&upstream).start().await;
    let answer = got(rig.chat("open", "hi")).await;
    assert_eq!((answer.status, upstream.requests().len()), (400, 1));
    assert!(
        !answer.text().contains("canary-org") && !answer.text().contains(UPSTREAM_KEY),
        "{}",
        answer.text()
    );
    assert!(answer.text().contains("not for **********,"), "{}", answer.text());
}

#[tokio::test]
async fn a_key_goes_in_the_header_that_the_instance_names_and_a_query_stays_as_it_is_written() {
    for (auth_header, query) in [
        ("Ocp-Apim-Subscription-Key", "api-version=2024-10-21"),
        ("x-api-key", "api-version=2024-10-21&region=a%20b+c&empty="),
        ("authorization", "api-version=2024-10-21&api-version=2"),
    ] {
        let events = good_stream();
        let filter = "data: {\"choices\":[],\"created\":0,\"id\":\"\",\"model\":\"\",\"object\":\"\",\
                      \"prompt_filter_results\":[{\"prompt_index\":0,\"content_filter_results\":{}}]}\n\n";
        let expected = format!("{filter}{events}");
        for (framing, answer) in framings(&expected) {
            let line = format!("POST /openai/deployments/d/chat/completions?{query} HTTP/1.1");
            let (name, value) = match auth_header {
                "authorization" => (auth_header, format!("Bearer {UPSTREAM_KEY}")),
                name => (name, UPSTREAM_KEY.to_owned()),
            };
            let upstream = RawUpstream::start(move |request| {
                let is_right = request.lines().next() == Some(&line) && header(request, name) == Some(&value);
                if is_right {
                    answer.clone()
                } else {
                    json_answer(401, &json!({ "error": { "code": "401" } }))
                }
            })
            .await;
            let base = format!("{}/openai/deployments/d?{query}", upstream.origin);
            let mut setup = Setup::new().instance("a", &base, "d", |it| {
                it.auth_header = auth_header.to_owned();
                it.headers = ["HTTP-Referer"].into_iter().collect();
            });
            let referer = [("http-referer".to_owned(), Secret::new("https://desk.example"))].into();
            setup.headers.insert("inst_a".into(), referer);
            let rig = setup.ordered("try", &[("main", "inst_a")]).start().await;
            let answer = got(rig.stream("try", "hi")).await;
            assert_eq!(answer.status, 200, "{auth_header} {framing}: {}", answer.text());
            assert_eq!(answer.text(), expected, "{framing}");
            let request = &upstream.requests()[0];
            assert_eq!(header(request, "http-referer"), Some("https://desk.example"));
            assert_eq!(request.matches(UPSTREAM_KEY).count(), 1, "{request}");
        }
    }
}
