//! What calls leave in the request log: made by clients on `/v1`, read over REST soon after.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};
use sqlx::{AnyConnection, Connection as _, Executor as _};

use super::desk::{ANSWER, Desk, PROMPT, SOON, UPSTREAM_KEY, kept};
use crate::{console::TestServer, home::on_sqlite};

/// Fields of a record, to be compared.
fn seen<'a>(record: &'a Value, fields: &[&str]) -> Vec<&'a Value> {
    fields.iter().map(|it| record.pointer(it).unwrap_or(&Value::Null)).collect()
}

fn outcomes(record: &Value) -> Vec<String> {
    let attempts = record["attempts"].as_array().unwrap();
    attempts
        .iter()
        .map(|it| {
            assert!(it["ms"].as_f64().unwrap() >= 0.0);
            format!(
                "{} {} {}",
                it["instance_id"].as_str().unwrap(),
                it["outcome"].as_str().unwrap(),
                it["status"]
            )
        })
        .collect()
}

pub(crate) async fn a_call_is_logged_with_the_facts_in_its_headers(server: &TestServer) {
    let desk = Desk::open(server).await;
    desk.balancer("plain", "ok@5", false).await;
    for stream in [false, true] {
        let more = json!({ "stream": stream, "stream_options": { "include_usage": true } });
        let answer = desk.send("Plain", more).await;
        assert_eq!(answer.status, 200);
        let record = desk.kept(&answer).await;
        for (header, field) in [
            ("x-request-id", "/id"),
            ("x-sb-decision", "/decision_id"),
            ("x-sb-decision", "/decision/id"),
            ("x-sb-balancer", "/serving_name"),
            ("x-sb-route", "/route"),
            ("x-sb-reason", "/reason"),
            ("x-sb-instance", "/instance_id"),
        ] {
            assert_eq!(json!(answer.header(header)), *record.pointer(field).unwrap(), "{header}");
        }
        let fields = ["/balancer", "/status", "/code", "/stream", "/api_key", "/reason"];
        let expected = json!(["sb_plain", 200, null, stream, desk.key_id, "ordered"]);
        assert_eq!(json!(seen(&record, &fields)), expected);
        assert_eq!(outcomes(&record), ["inst_plain ok 200"]);
        let [route, first_byte, total] =
            ["route", "first_byte", "total"].map(|it| record["ms"][it].as_f64().unwrap());
        assert!(0.0 <= route && route <= first_byte && first_byte <= total && total < 20_000.0, "{record}");
        let [prompt, completion] = ["prompt", "completion"].map(|it| record["tokens"][it].as_u64().unwrap());
        assert!(prompt > 0 && completion > 0, "{record}");
        assert_eq!(record["decision"]["candidates"][0]["members"][0]["instance_id"], "inst_plain");
        let at = app::domain::timestamp::Timestamp::parse(record["at"].as_str().unwrap()).unwrap();
        assert!((server::clock::now().0 - at.0).abs() < 60_000);
    }
}

pub(crate) async fn failed_and_failed_over_calls_are_logged_with_every_attempt(server: &TestServer) {
    let desk = Desk::open(server).await;
    desk.balancer("shaky", "500", true).await;
    desk.balancer("broken", "502", false).await;
    let record = desk.kept(&desk.send("shaky", json!({})).await).await;
    assert_eq!(outcomes(&record), ["inst_shaky bad_status 500", "inst_good ok 200"]);
    assert_eq!(
        seen(&record, &["/status", "/instance_id", "/code"]),
        [&json!(200), &json!("inst_good"), &Value::Null]
    );

    let answer = desk.send("broken", json!({})).await;
    let record = desk.kept(&answer).await;
    assert_eq!(outcomes(&record), ["inst_broken bad_status 502"]);
    assert_eq!(seen(&record, &["/status", "/code"]), [&json!(502), &json!("upstream_error")]);
    assert_eq!(record["attempts"], answer.expect(502)["error"]["attempts"]);
    let list = server.get("/requests?status=5xx").await.expect(200);
    assert_eq!((&list["data"][0]["id"], &list["data"][0]["attempts"]), (&record["id"], &json!(1)));
}

pub(crate) async fn a_truncated_stream_is_logged_as_truncated(server: &TestServer) {
    let desk = Desk::open(server).await;
    desk.balancer("cut", "fin-early@3", true).await;
    // Its connection closes behind it, so that nothing else may go by it.
    let call = desk.call("cut", json!({ "stream": true })).header("connection", "close");
    let answer = server.send(call).await;
    assert!(answer.text.contains("\"error\"") && !answer.text.contains("[DONE]"), "{}", answer.text);
    let record = desk.kept(&answer).await;
    assert_eq!(outcomes(&record), ["inst_cut truncated 200"]);
    let fields = json!(seen(&record, &["/status", "/code", "/stream", "/reason"]));
    assert_eq!(fields, json!([200, "upstream_error", true, "ordered"]));
}

pub(crate) async fn a_disconnected_caller_is_logged_as_499(server: &TestServer) {
    let desk = Desk::open(server).await;
    desk.balancer("slow", "hang-headers", false).await;
    desk.balancer("stalled", "stall@3", false).await;
    for (model, stream) in [("slow", false), ("stalled", true)] {
        let call = desk.call(model, json!({ "stream": stream })).send();
        if stream {
            // It leaves in the middle of the answer.
            let mut answer = call.await.unwrap();
            assert!(answer.chunk().await.unwrap().is_some());
        } else {
            let before = desk.upstream.requests().len();
            let reached = desk.upstream.wait_for(|log| log.len() > before, SOON);
            tokio::select! {
                _ = call => panic!("nothing answers here"),
                reached = reached => { reached.unwrap(); }
            }
        }
        let begun = Instant::now();
        let record = loop {
            let list = server.get(&format!("/requests?balancer={model}&status=499")).await.expect(200);
            if let Some(line) = list["data"].get(0) {
                break kept(server, line["id"].as_str().unwrap()).await;
            }
            assert!(begun.elapsed() < SOON, "{model} is not in the log");
            tokio::time::sleep(Duration::from_millis(20)).await;
        };
        assert_eq!((&record["code"], &record["stream"]), (&json!("client_closed_request"), &json!(stream)));
        let attempts = outcomes(&record);
        assert!(
            attempts.len() == 1 && attempts[0].starts_with(&format!("inst_{model} cancelled")),
            "{attempts:?}"
        );
        assert_eq!(record["route"], "all");
    }
}

pub(crate) async fn a_refused_call_is_logged_with_what_is_known_of_it(server: &TestServer) {
    let desk = Desk::open(server).await;
    desk.balancer("plain", "ok", false).await;
    let unknown = ["/balancer", "/serving_name", "/route", "/reason", "/decision", "/ms/route"];
    let stranger = desk.call_as("sb-nobody", "plain", json!({}));
    for (request, status, code, key) in [
        (desk.call("nowhere", json!({})), 404, "model_not_found", json!(desk.key_id)),
        (desk.call("plain", json!({ "messages": null, "model": 5 })), 400, "", json!(desk.key_id)),
        (server.bare(Method::POST, "/v1/chat/completions"), 401, "invalid_api_key", Value::Null),
        (stranger, 401, "invalid_api_key", Value::Null),
    ] {
        let answer = server.send(request).await;
        assert_eq!(answer.status, status, "{}", answer.text);
        let record = desk.kept(&answer).await;
        assert!(seen(&record, &unknown).iter().all(|it| it.is_null()), "{record}");
        assert_eq!(record["decision_id"], answer.header("x-sb-decision"));
        assert_eq!((&record["status"], &record["api_key"]), (&json!(status), &key));
        assert_eq!(record["code"], answer.expect(status)["error"]["code"]);
        assert!(code.is_empty() || record["code"] == code);
        assert_eq!(record["attempts"], json!([]));
        assert!(!record.to_string().contains("nowhere"), "what is unknown is not repeated");
    }
}

pub(crate) async fn prompts_answers_and_keys_are_not_logged(server: &TestServer) {
    let desk = Desk::open(server).await;
    desk.classifier("desk", "router@code").await;
    let answer = desk.send("desk", json!({ "user": PROMPT })).await;
    assert!(answer.text.contains(ANSWER) && answer.header("x-sb-reason") == "matched", "{}", answer.text);
    let record = desk.kept(&answer).await;
    let router = &record["decision"]["router"];
    assert_eq!((&router["messages"], &router["answer"]), (&json!([]), &Value::Null));
    assert!(router["ms"].as_f64().unwrap() > 0.0);
    let text = record.to_string();
    for secret in [PROMPT, ANSWER, UPSTREAM_KEY, &desk.key, &desk.upstream.base_url()] {
        assert!(!text.contains(secret), "{secret}: {text}");
    }
}

/// The file of the other tests' SQLite half, locked by somebody else.
#[tokio::test(flavor = "multi_thread")]
async fn calls_are_unaffected_by_a_store_that_cannot_write() {
    on_sqlite(|home| async move {
        let server = TestServer::start_on(&home.url).await;
        let desk = Desk::open(&server).await;
        desk.balancer("plain", "ok@5", false).await;
        let mut other = AnyConnection::connect(&home.url).await.unwrap();
        other.execute("BEGIN IMMEDIATE").await.unwrap();
        let mut ids = Vec::new();
        for _ in 0..100 {
            let begun = Instant::now();
            let answer = desk.send("plain", json!({})).await;
            assert_eq!(answer.status, 200, "{}", answer.text);
            assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
            ids.push(answer.header("x-request-id").to_owned());
        }
        assert_eq!(server.get("/requests").await.expect(200)["data"], json!([]));
        other.execute("ROLLBACK").await.unwrap();
        for id in ids {
            kept(&server, &id).await;
        }
    })
    .await;
}

/// A call of nobody; answers with its id.
async fn refused(server: &TestServer) -> String {
    let answer = server.send(server.bare(Method::POST, "/v1/chat/completions")).await;
    assert_eq!(answer.status, 401);
    answer.header("x-request-id").to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_calls_are_logged_when_the_server_stops() {
    let server = TestServer::start().await;
    let id = refused(&server).await;
    let server = server.stop().await.start().await;
    assert_eq!(server.get(&format!("/requests/{id}")).await.expect(200)["status"], 401);
}

/// The ids of the log, once they are these.
async fn settles_at(server: &TestServer, expected: &[String]) {
    let begun = Instant::now();
    loop {
        let list = server.get("/requests?limit=500").await.expect(200);
        let ids: Vec<_> = list["data"].as_array().unwrap().iter().map(|it| it["id"].clone()).collect();
        if ids == expected {
            return;
        }
        assert!(begun.elapsed() < SOON, "{} calls in the log", ids.len());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_keeps_the_configured_rows_and_days() {
    let server = TestServer::start().await;
    // Their moments are years ago.
    crate::calls::fill(&server.store().await, 1_200).await;
    let mut newest = Vec::new();
    for _ in 0..5 {
        newest.insert(0, refused(&server).await);
        // Calls of one millisecond are ordered by their ids.
        let now = server::clock::now();
        while server::clock::now() == now {
            tokio::time::sleep(Duration::from_micros(200)).await;
        }
    }
    let mut home = server.stop().await;
    home.settings.request_log_days = 30;
    let server = home.start().await;
    settles_at(&server, &newest).await;

    let mut home = server.stop().await;
    home.settings.request_log_rows = 3;
    let server = home.start().await;
    settles_at(&server, &newest[..3]).await;

    // Switched off, it is emptied and stays empty.
    let mut home = server.stop().await;
    home.settings.request_log_days = 0;
    let server = home.start().await;
    settles_at(&server, &[]).await;
    refused(&server).await;
    let mut home = server.stop().await;
    home.settings.request_log_days = 30;
    let server = home.start().await;
    assert_eq!(server.get("/requests").await.expect(200)["data"], json!([]));
}
