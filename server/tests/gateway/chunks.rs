//! Answers of chat completions as they stand on the wire, and two instances that send them.

use app::{domain::routing::health::HealthState, ports::DataPlane as _};
use serde_json::{Value, json};
use server::gateway::CallRecord;
use tokio::{sync::mpsc, time::timeout};

use crate::{
    raw_upstream::{RawUpstream, json_answer},
    rig::{Rig, SOON, Setup, UPSTREAM_KEY, got},
};

/// The terminal event.
pub(crate) const DONE: &str = "data: [DONE]\n\n";

/// A chunk with this delta and finish reason.
pub(crate) fn chunk(delta: &Value, finish: Option<&str>) -> String {
    let finish = json!(finish);
    format!(
        "data: {{\"id\":\"c1\",\"object\":\"chat.completion.chunk\",\"created\":1760000000,\"model\":\"up-1\",\
         \"choices\":[{{\"index\":0,\"delta\":{delta},\"finish_reason\":{finish}}}]}}\n\n"
    )
}

/// A stream with one word.
pub(crate) fn good_stream() -> String {
    chunk(&json!({ "role": "assistant", "content": "hi" }), None) + &chunk(&json!({}), Some("stop")) + DONE
}

/// A whole answer with this choice.
pub(crate) fn completion(choice: &Value) -> Value {
    json!({ "id": "x", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice] })
}

/// A stream as servers frame it: in HTTP chunks, or ended by closing the connection, by HTTP/1.0 as well.
pub(crate) fn framings(events: &str) -> [(&'static str, String); 4] {
    let head = "content-type: text/event-stream\r\n";
    let cut = |bytes: Vec<&str>| {
        bytes.iter().map(|it| format!("{:x}\r\n{it}\r\n", it.len())).collect::<String>() + "0\r\n\r\n"
    };
    let chunked = format!("HTTP/1.1 200 OK\r\n{head}transfer-encoding: chunked\r\n\r\n");
    let by_event = cut(events.split_inclusive("\n\n").collect());
    let by_byte = cut(events.split_inclusive(|_| true).collect());
    [
        ("a chunk for each event", format!("{chunked}{by_event}")),
        ("a chunk for each byte", format!("{chunked}{by_byte}")),
        ("until closed", format!("HTTP/1.1 200 OK\r\n{head}connection: close\r\n\r\n{events}")),
        ("HTTP/1.0", format!("HTTP/1.0 200 OK\r\n{head}\r\n{events}")),
    ]
}

/// The balancer `try` over `inst_a`, which answers as the test says, and `inst_b`, which answers well.
pub(crate) struct Pair {
    pub(crate) a: RawUpstream,
    pub(crate) b: RawUpstream,
    pub(crate) rig: Rig,
    records: mpsc::Receiver<CallRecord>,
}

impl Pair {
    pub(crate) async fn start(answer: impl Fn(&str) -> String + Send + Sync + 'static) -> Self {
        let (a, b) = (RawUpstream::start(answer).await, RawUpstream::start(answer_well).await);
        let (sender, records) = mpsc::channel(100);
        let setup = Setup { records: Some(sender), ..Setup::new() };
        let rig = setup
            .instance("a", &format!("{}/v1", a.origin), "up-1", |_| {})
            .instance("b", &format!("{}/v1", b.origin), "up-1", |_| {})
            .ordered("try", &[("main", "inst_a"), ("spare", "inst_b")])
            .start()
            .await;
        Self { a, b, rig, records }
    }

    /// The record of the next call.
    pub(crate) async fn record(&mut self) -> CallRecord {
        timeout(SOON, self.records.recv()).await.unwrap().unwrap()
    }

    pub(crate) fn health_of_a(&self) -> HealthState {
        self.rig.gateway.health("inst_a").state
    }
}

fn answer_well(request: &str) -> String {
    if request.contains("\"stream\":true") {
        let [(_, answer), ..] = framings(&good_stream());
        return answer;
    }
    json_answer(
        200,
        &completion(
            &json!({ "index": 0, "message": { "role": "assistant", "content": "hi" }, "finish_reason": "stop" }),
        ),
    )
}

/// Streams these events by each framing; all must pass as they are, in one attempt. Returns the records.
pub(crate) async fn pass(events: &str) -> Vec<CallRecord> {
    let mut records = Vec::new();
    for (framing, answer) in framings(events) {
        let mut pair = Pair::start(move |_| answer.clone()).await;
        let relayed = got(pair.rig.stream("try", "hi")).await;
        let seen = (relayed.status, relayed.header("x-sb-instance"), relayed.header("x-sb-attempts"));
        assert_eq!(seen, (200, "inst_a", "1"), "{framing}: {}", relayed.text());
        assert_eq!(relayed.text(), events, "{framing}");
        assert_eq!((pair.a.requests().len(), pair.b.requests().len()), (1, 0), "{framing}");
        let record = pair.record().await;
        assert_eq!((record.status, record.code), (200, None), "{framing}");
        assert_eq!(pair.health_of_a(), HealthState::Healthy, "{framing}");
        assert!(!relayed.text().contains(UPSTREAM_KEY));
        records.push(record);
    }
    records
}

/// Streams these events by each framing; the other instance must answer in their place, and nothing of them shows.
pub(crate) async fn fail_over(events: &str) {
    for (framing, answer) in framings(events) {
        let pair = Pair::start(move |_| answer.clone()).await;
        let relayed = got(pair.rig.stream("try", "hi")).await;
        let seen = (relayed.status, relayed.header("x-sb-instance"), relayed.header("x-sb-attempts"));
        assert_eq!(seen, (200, "inst_b", "2"), "{framing}: {}", relayed.text());
        assert_eq!(relayed.text(), good_stream(), "{framing}");
    }
}

/// Streams these events, which break off after content: they must pass whole, with an error behind them, and the other
/// instance is not asked.
pub(crate) async fn break_off(events: &str) {
    for (framing, answer) in framings(events) {
        let pair = Pair::start(move |_| answer.clone()).await;
        let relayed = got(pair.rig.stream("try", "hi")).await;
        let text = relayed.text();
        let rest = text.strip_prefix(events).unwrap_or_else(|| panic!("{framing}: {text}"));
        assert!(
            rest.trim_start().starts_with("data: {\"error\"") && !text.contains("[DONE]"),
            "{framing}: {text}"
        );
        assert_eq!((relayed.header("x-sb-attempts"), pair.b.requests().len()), ("1", 0), "{framing}");
    }
}
