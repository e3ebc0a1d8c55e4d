//! Streams that tests write event by event, and records of the calls that they answer.

use std::time::Duration;

use serde_json::Value;
use server::gateway::CallRecord;
use tokio::{sync::mpsc, time::timeout};

use crate::rig::{SOON, Setup};

/// An event of an API whose events have names.
pub(crate) fn named(kind: &str, mut data: Value) -> String {
    data["type"] = kind.into();
    format!("event: {kind}\ndata: {data}\n\n")
}

/// An event of an API whose events have none.
pub(crate) fn plain(data: &Value) -> String {
    format!("data: {data}\n\n")
}

/// The answer of an upstream that sends this stream and closes.
pub(crate) fn stream_answer(stream: &str) -> String {
    format!("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n{stream}")
}

/// The last event of a stream.
pub(crate) fn last(stream: &str) -> &str {
    assert!(stream.ends_with("\n\n"), "its last event is whole: {stream}");
    stream.trim_end().rsplit("\n\n").next().unwrap()
}

/// What is to be served, and the records of all calls.
pub(crate) fn recorded() -> (Setup, Records) {
    let (sender, records) = mpsc::channel(100);
    (Setup { records: Some(sender), ..Setup::new() }, Records(records))
}

/// The records of calls, in the order of their ends.
pub(crate) struct Records(mpsc::Receiver<CallRecord>);

impl Records {
    /// The next record.
    pub(crate) async fn next(&mut self) -> CallRecord {
        timeout(SOON, self.0.recv()).await.unwrap().unwrap()
    }

    /// The outcome of the last attempt of the next record.
    pub(crate) async fn outcome(&mut self) -> String {
        let record = timeout(Duration::from_secs(5), self.next()).await.unwrap();
        record.attempts.last().unwrap().outcome.name().to_owned()
    }
}
