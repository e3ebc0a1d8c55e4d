//! The judgments, on made-up outcomes.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use hyper::{HeaderMap, header::HeaderValue};

use super::*;
use crate::{
    Ended,
    report::row::{Row, chat, messages, responses, stream},
};

const SENT: &str = "data: {\"w\":0}\n\n";
const ERROR: &str = "data: {\"error\":{\"message\":\"broke off\"}}\n\n";

fn record(answer: &str) -> Record {
    Record {
        seq: 1,
        connection: 1,
        method: "POST".to_owned(),
        path: "/v1/chat/completions".to_owned(),
        headers: vec![("authorization".to_owned(), fingerprint("Bearer sk-up"))],
        body: Arc::default(),
        model: None,
        fault: None,
        write_blocked_since: None,
        status: Some(200),
        bytes_written: 0,
        answer_bytes: answer.len() as u64,
        answer_sha256: Some(hexadecimal(&Sha256::digest(answer))),
        chunks_written: 0,
        started: Instant::now(),
        started_ms: 0,
        started_unix_ms: 0,
        ended_at: None,
        ended_unix_ms: None,
        ms: None,
        peer_closed_ms: None,
        ended: Some(Ended::Answered),
    }
}

fn received(body: &str, closed: bool) -> Received {
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    let (end, duration) = (BodyEnd::Complete, Duration::ZERO);
    Received { status: 200, headers, body: body.into(), end, closed, duration }
}

fn verdict(expectation: Expectation, received: &Received, faulty: &[Record], healthy: &[Record]) -> Verdict {
    verdict_on(&chat("ok", &[]), expectation, received, faulty, healthy)
}

fn verdict_on(
    row: &Row,
    expectation: Expectation,
    received: &Received,
    faulty: &[Record],
    healthy: &[Record],
) -> Verdict {
    let step = &stream(expectation);
    let secrets = &Secrets { upstream_key: "sk-up".to_owned(), api_key: "sb-down".to_owned() };
    let router_calls = 1;
    CallOutcome { row, step, received, faulty, healthy, router_calls, expected_request: "", secrets }.check()
}

fn error(status: u16, body: &str, headers: &[(&'static str, &'static str)]) -> Received {
    let mut error = Received { status, ..received(body, false) };
    error.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    for (name, value) in headers {
        error.headers.insert(*name, HeaderValue::from_static(value));
    }
    error
}

#[test]
fn a_truncated_stream_passes_only_with_every_byte_and_one_error_event() {
    let table = [
        (format!("{SENT}{ERROR}"), true, ""),
        (format!("{SENT}\n{ERROR}"), true, ""),
        (format!("{SENT}{ERROR}"), false, "stays open"),
        (SENT.to_owned(), true, "instead of an error event"),
        (format!("{SENT}data: [DONE]\n\n"), true, "instead of an error event"),
        (format!("{SENT}{ERROR}data: [DONE]\n\n"), true, "instead of an error event"),
        (format!("{SENT}{}{ERROR}", &SENT[..4]), true, "instead of an error event"),
        (ERROR.to_owned(), true, "different bytes"),
        (SENT[1..].to_owned(), true, "sent bytes"),
    ];
    for (body, closed, wrong) in table {
        let checked = verdict(Expectation::Truncates, &received(&body, closed), &[record(SENT)], &[]);
        assert_eq!(checked.is_ok(), wrong.is_empty(), "{body:?}: {checked:?}");
        assert!(checked.err().unwrap_or_default().contains(wrong), "{body:?}");
    }
    let torn = format!("{SENT}data: {{");
    for (between, holds) in [("", false), ("\n", false), ("\n\n", true)] {
        let body = received(&format!("{torn}{between}{ERROR}"), true);
        let checked = verdict(Expectation::Truncates, &body, &[record(&torn)], &[]);
        assert_eq!(checked.is_ok(), holds, "{between:?}: {checked:?}");
    }
}

#[test]
fn an_answer_passes_only_with_the_expected_upstream_calls() {
    let good = received(SENT, false);
    let (fault, well) = (record("other"), record(SENT));
    let once = std::slice::from_ref(&fault);
    let answered = std::slice::from_ref(&well);
    let twice = [fault.clone(), fault.clone()];
    for (expectation, faulty, healthy, holds) in [
        (Expectation::FailsOver, once, answered, true),
        (Expectation::FailsOver, &twice[..], answered, false),
        (Expectation::FailsOver, &[], answered, false),
        (Expectation::FailsOver, once, once, false),
        (Expectation::Skips, &[], answered, true),
        (Expectation::Skips, once, answered, false),
        (Expectation::Passes(200), answered, &[], true),
        (Expectation::Passes(200), answered, answered, false),
        (Expectation::Passes(400), answered, &[], false),
    ] {
        let checked = verdict(expectation, &good, faulty, healthy);
        assert_eq!(checked.is_ok(), holds, "{expectation:?}: {checked:?}");
    }
}

#[test]
fn a_leaked_key_fails_the_check() {
    let leaked = received("data: sk-up\n\n", false);
    assert!(verdict(Expectation::Passes(200), &leaked, &[record("data: sk-up\n\n")], &[]).is_err());
    let mut call = record(SENT);
    call.headers = vec![("authorization".to_owned(), fingerprint("Bearer sb-down"))];
    assert!(verdict(Expectation::Passes(200), &received(SENT, false), &[call], &[]).is_err());
}

#[test]
fn a_late_error_may_be_the_upstreams_or_the_gateways() {
    let with_error = format!("{SENT}{ERROR}");
    for (sent, body, closed, holds) in [
        (SENT, with_error.as_str(), true, true),
        (&with_error, &with_error, true, true),
        (&with_error, &with_error, false, false),
        (SENT, SENT, false, false),
        (&with_error, SENT, true, false),
    ] {
        let checked = verdict(Expectation::EndsInError, &received(body, closed), &[record(sent)], &[]);
        assert_eq!(checked.is_ok(), holds, "{sent:?} {body:?}: {checked:?}");
    }
}

#[test]
fn an_error_event_has_the_shape_of_its_api() {
    let failed = "event: response.failed\ndata: {\"type\":\"response.failed\",\"response\":{\"error\":{\"message\":\"x\"}}}\n\n";
    let error = "event: error\ndata: {\"type\":\"error\",\"error\":{\"message\":\"x\"}}\n\n";
    let rows = [chat("ok", &[]), responses("ok", &[]), messages("ok", &[])];
    for (row, event) in rows.iter().zip([ERROR, failed, error]) {
        for tried in [ERROR, failed, error] {
            let body = received(&format!("{SENT}{tried}"), true);
            let checked = verdict_on(row, Expectation::Truncates, &body, &[record(SENT)], &[]);
            assert_eq!(checked.is_ok(), tried == event, "{}: {tried:?}: {checked:?}", row.title());
        }
    }
}

#[test]
fn a_final_error_says_whether_to_try_again() {
    let body = r#"{"error":{"message":"nobody answered"}}"#;
    let call = [record("")];
    let (wait, never) = (("retry-after", "5"), ("x-should-retry", "false"));
    for (expectation, headers, holds) in [
        (Expectation::FailsForNow(&[502, 504]), &[wait][..], true),
        (Expectation::FailsForNow(&[502]), &[wait], false),
        (Expectation::FailsForNow(&[504]), &[], false),
        (Expectation::FailsForNow(&[504]), &[wait, never], false),
        (Expectation::FailsForNow(&[504]), &[("retry-after", "301")], false),
        (Expectation::Expires, &[never], true),
        (Expectation::Expires, &[], false),
        (Expectation::Expires, &[never, wait], false),
    ] {
        let checked = verdict(expectation, &error(504, body, headers), &call, &[]);
        assert_eq!(checked.is_ok(), holds, "{expectation:?} {headers:?}: {checked:?}");
    }
    let with_text = r#"{"error":{"message":"faulty-upstream fails with 401"}}"#;
    assert!(verdict(Expectation::Fails(502), &error(502, with_text, &[]), &call, &[]).is_err());
    assert!(verdict(Expectation::PassesRefusal(400), &error(400, with_text, &[]), &call, &[]).is_ok());
    assert!(verdict(Expectation::PassesRefusal(400), &error(400, body, &[]), &call, &[]).is_err());
    let anthropic = r#"{"type":"error","error":{"type":"api_error","message":"nobody answered"}}"#;
    for (body, holds) in [(body, false), (anthropic, true)] {
        let checked =
            verdict_on(&messages("ok", &[]), Expectation::Fails(502), &error(502, body, &[]), &call, &[]);
        assert_eq!(checked.is_ok(), holds, "{checked:?}");
    }
}
