//! Ids of streamed responses: remembered wherever in the stream they come, before the caller can use them.

use reqwest::Method;
use serde_json::{Value, json};

use super::events::{named, stream_answer};
use crate::{
    raw_upstream::{RawUpstream, json_answer},
    rig::{Got, KEY, NARROW, Rig, Setup, got},
};

/// Two instances of one balancer, taken in turn. Both answer streams with what `stream` makes of the instance's name,
/// and other calls well.
async fn pair(stream: impl Fn(&str) -> String + Clone + Send + Sync + 'static) -> ([RawUpstream; 2], Rig) {
    let start = async |name: &'static str| {
        let stream = stream.clone();
        RawUpstream::start(move |request| {
            if request.contains("\"stream\":true") {
                return stream_answer(&stream(name));
            }
            json_answer(200, &json!({ "id": "resp_plain", "object": "response", "output": [{ "by": name }] }))
        })
        .await
    };
    let upstreams = [start("a").await, start("b").await];
    let mut setup = Setup::new();
    for (name, upstream) in ["a", "b"].into_iter().zip(&upstreams) {
        setup = setup.instance(name, &upstream.origin, "m", |_| {});
    }
    let rig = setup
        .group("both", &[("a", 1, 1), ("b", 1, 1)])
        .ordered("open", &[("only", "tg_both")])
        .start()
        .await;
    (upstreams, rig)
}

async fn respond(rig: &Rig, key: &str, mut body: Value) -> Got {
    body["model"] = json!("open");
    got(rig.post_as(key, "/v1/responses", body.to_string())).await
}

/// Calls for a stream and checks that its response is then known by `id`, to the key that made it alone.
async fn check_is_remembered(rig: &Rig, id: &str, case: &str) {
    for _ in 0..2 {
        let made = respond(rig, KEY, json!({ "input": "hi", "stream": true })).await;
        let (maker, text) = (made.header("x-sb-instance").to_owned(), made.text());
        assert_eq!(made.status, 200, "{case}");
        let id = id.replace('*', maker.strip_prefix("inst_").unwrap());
        assert!(text.contains(&id), "{case}: {text}");
        for _ in 0..2 {
            let next = respond(rig, KEY, json!({ "input": "on", "previous_response_id": id })).await;
            let seen = (next.status, next.header("x-sb-reason"), next.header("x-sb-instance"));
            assert_eq!(seen, (200, "pinned", maker.as_str()), "{case}");
        }
        let url = format!("{}/v1/responses/{id}", rig.origin);
        let stored = got(rig.client.request(Method::GET, url).bearer_auth(KEY)).await;
        assert_eq!((stored.status, stored.header("x-sb-instance")), (200, maker.as_str()), "{case}");
        let taken = respond(rig, NARROW, json!({ "input": "on", "previous_response_id": id })).await;
        assert_eq!(taken.status, 404, "{case}");
    }
}

fn with_id(kind: &str, id: &str) -> String {
    named(kind, json!({ "response": { "id": id, "object": "response", "output": [] } }))
}

fn without_id(kind: &str) -> String {
    named(kind, json!({ "response": { "object": "response", "output": [] } }))
}

fn output() -> String {
    named("response.output_text.delta", json!({ "delta": "w" }))
}

#[tokio::test]
async fn the_id_of_a_streamed_response_is_remembered_wherever_it_comes() {
    type Stream = fn(&str) -> String;
    let cases: [(&str, Stream); 7] = [
        ("with the end alone", |id| output() + &with_id("response.completed", id)),
        ("with an end by length", |id| output() + &with_id("response.incomplete", id)),
        ("with a late failure", |id| output() + &with_id("response.failed", id)),
        ("behind the first output", |id| {
            output() + &with_id("response.in_progress", id) + &output() + &without_id("response.completed")
        }),
        ("in the second event", |id| {
            without_id("response.created")
                + &with_id("response.in_progress", id)
                + &output()
                + &without_id("response.completed")
        }),
        ("with the end, which differs from the first", |id| {
            with_id("response.created", "resp_draft") + &output() + &with_id("response.completed", id)
        }),
        ("with the end, in events of no name", |id| {
            (output() + &with_id("response.completed", id)).replace("event: response.", "x: ")
        }),
    ];
    for (case, stream) in cases {
        let (_upstreams, rig) = pair(move |name| stream(&format!("resp_{name}"))).await;
        check_is_remembered(&rig, "resp_*", case).await;
    }
}

#[tokio::test]
async fn a_response_whose_first_event_repeats_a_long_request_is_remembered() {
    let (_upstreams, rig) = pair(|name| {
        let response =
            json!({ "instructions": "x".repeat(200_000), "id": format!("resp_{name}"), "output": [] });
        named("response.created", json!({ "response": response }))
            + &output()
            + &without_id("response.completed")
    })
    .await;
    check_is_remembered(&rig, "resp_*", "a long first event").await;
}

#[tokio::test]
async fn an_end_that_repeats_a_large_answer_is_an_end() {
    let (_upstreams, rig) = pair(|name| {
        let output_item = json!({ "type": "image_generation_call", "result": "x".repeat(2_000_000) });
        let id = format!("resp_{name}");
        let response = json!({ "a": "ä", "id": id, "output": [output_item] });
        let begun = named("response.output_item.added", json!({ "item": {} }));
        let end = named("response.completed", json!({ "response": response }));
        begun + &end.replacen("{\"response\"", "{\"type\":\"response.completed\",\"response\"", 1)
    })
    .await;
    let whole = respond(&rig, KEY, json!({ "input": "hi", "stream": true })).await.text();
    assert!(whole.len() > 2_000_000 && !whole.contains("response.failed"), "nothing is missing");
    check_is_remembered(&rig, "resp_*", "a large end").await;
}

#[tokio::test]
async fn half_of_a_large_end_is_none() {
    let (_upstreams, rig) = pair(|name| {
        let begun = with_id("response.created", &format!("resp_{name}")) + &output();
        format!(
            "{begun}event: response.completed\ndata: {{\"type\":\"response.completed\",\"x\":\"{}",
            "x".repeat(2_000_000)
        )
    })
    .await;
    let torn = respond(&rig, KEY, json!({ "input": "hi", "stream": true })).await.text();
    let last = torn.trim_end().rsplit("\n\n").next().unwrap();
    assert!(
        last.starts_with("event: response.failed\n") && last.contains("upstream_error"),
        "{}",
        &last[..80]
    );
}
