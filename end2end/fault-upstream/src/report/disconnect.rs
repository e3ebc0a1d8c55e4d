//! Checks with callers that disconnect mid-call or stop reading.

use std::time::{Duration, Instant};

use http_body_util::{BodyExt, Full};
use hyper::{
    Request,
    body::{Bytes, Incoming},
};
use tokio::time::timeout;

use super::{
    client::ClientConnection,
    row::{CallKind, Row},
    upstreams::{StepCalls, poll_until},
};
use crate::Record;

/// How soon the upstream must notice that the caller disconnected.
const NOTICED_WITHIN: Duration = Duration::from_millis(250);
/// How long the check waits for that.
const TIMEOUT: Duration = Duration::from_secs(2);
/// How long an upstream must have been unable to write to count as held back.
const HELD_BACK_FOR: Duration = Duration::from_millis(400);
/// How long it may take until an answer starts, and until all buffers on its way are full.
const FILL_TIMEOUT: Duration = Duration::from_secs(10);

/// Disconnects while the upstream is answering, and returns how soon it noticed.
pub(super) async fn check_cancellation(
    calls: &StepCalls<'_>,
    row: &Row,
    call: CallKind,
    mut connection: ClientConnection,
    request: Request<Full<Bytes>>,
) -> Result<String, String> {
    let answer = tokio::spawn(connection.send(request));
    // A trickling stream is under way after a few chunks; the other faults never send any.
    let chunks = if call == CallKind::Stream && (row.upstream_model.starts_with("trickle")) { 3 } else { 0 };
    let is_answering =
        |call: &Record| call.model.is_some() && !call.body.is_empty() && call.chunks_written >= chunks;
    let started = poll_until(TIMEOUT, || calls.faulty().into_iter().find(is_answering)).await;
    let started = started.ok_or("the call did not reach the upstream")?;
    let disconnected = Instant::now();
    connection.disconnect().await;
    answer.abort();
    let ended = poll_until(TIMEOUT, || {
        calls.faulty().into_iter().find(|call| call.seq == started.seq && call.ended.is_some())
    });
    let ended = ended.await.ok_or("the upstream does not notice that the caller disconnected")?;
    if !ended.peer_left() {
        return Err(format!("the upstream call ended differently: {:?}", ended.ended));
    }
    let delay = ended.ended_at.unwrap_or(disconnected).saturating_duration_since(disconnected);
    let words = format!("noticed after {:.1} ms", delay.as_secs_f64() * 1_000.0);
    if delay <= NOTICED_WITHIN { Ok(words) } else { Err(words) }
}

/// Stops reading until the upstream cannot write, reads on, and disconnects.
pub(super) async fn check_backpressure(
    calls: &StepCalls<'_>,
    mut connection: ClientConnection,
    request: Request<Full<Bytes>>,
) -> Result<String, String> {
    let answer = timeout(FILL_TIMEOUT, connection.send(request)).await;
    let mut body = match answer {
        Ok(Ok(response)) => response.into_body(),
        _ => return Err("no answer".to_owned()),
    };
    let held_back =
        poll_until(FILL_TIMEOUT, || calls.faulty().into_iter().find(|call| call.is_held_back(HELD_BACK_FOR)));
    let held_back = held_back.await.ok_or("the upstream keeps writing while the caller does not read")?;
    // Reading more than was written until then shows that the stream continues.
    let mut read = 0;
    while read <= held_back.bytes_written {
        match timeout(FILL_TIMEOUT, next(&mut body)).await {
            Ok(Some(bytes)) => read += bytes as u64,
            _ => return Err("the stream does not continue when the caller reads on".to_owned()),
        }
    }
    let disconnected = Instant::now();
    connection.disconnect().await;
    drop(body);
    let ended = poll_until(TIMEOUT, || calls.faulty().into_iter().find(Record::peer_left)).await;
    let ended = ended.ok_or("the upstream does not notice that the caller disconnected")?;
    let delay = ended.ended_at.unwrap_or(disconnected).saturating_duration_since(disconnected);
    let words = format!(
        "held back at {} KiB, disconnect noticed after {:.1} ms",
        held_back.bytes_written / 1024,
        delay.as_secs_f64() * 1_000.0
    );
    if delay <= NOTICED_WITHIN { Ok(words) } else { Err(words) }
}

async fn next(body: &mut Incoming) -> Option<usize> {
    Some(body.frame().await?.ok()?.into_data().map_or(0, |bytes| bytes.len()))
}
