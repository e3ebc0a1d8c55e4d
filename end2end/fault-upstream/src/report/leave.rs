//! Callers that leave in the middle of a call, and callers that stop reading.

use std::time::{Duration, Instant};

use http_body_util::{BodyExt, Full};
use hyper::{
    Request,
    body::{Bytes, Incoming},
};
use tokio::time::{sleep, timeout};

use super::{
    client::Line,
    rig::{Rig, seen},
    row::{Call, Row},
};
use crate::Record;

/// How soon the upstream must see that the caller has left.
const SEEN_WITHIN: Duration = Duration::from_millis(250);
/// How long it is looked for.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long an upstream must have written nothing to count as held back.
const STANDS_STILL: Duration = Duration::from_millis(400);
/// How long it may take until an answer has begun, and until all buffers on the way are full.
const FILLS: Duration = Duration::from_secs(10);

/// Leaves once the upstream is in the middle of the call; says how late it was seen.
pub(super) async fn cancels(
    rig: &Rig,
    row: &Row,
    call: Call,
    since: u64,
    line: Line,
    request: Request<Full<Bytes>>,
) -> Result<String, String> {
    let mut line = line;
    let answer = tokio::spawn(line.send(request));
    // A stream has begun once its head is out, and is in its middle after a chunk, if its fault lets it have one.
    let chunks = if call == Call::Stream && (row.upstream_model.starts_with("trickle")) { 3 } else { 0 };
    let begun =
        |call: &Record| call.model.is_some() && !call.body.is_empty() && call.chunks_written >= chunks;
    let there = seen(PATIENCE, || rig.faulty_calls(row, since).into_iter().find(begun)).await;
    let there = there.ok_or("the call did not reach the upstream")?;
    let left = Instant::now();
    line.leave().await;
    answer.abort();
    let ended = seen(PATIENCE, || {
        rig.faulty_calls(row, since).into_iter().find(|call| call.seq == there.seq && call.ended.is_some())
    });
    let ended = ended.await.ok_or("the upstream does not see that the caller has left")?;
    if !ended.peer_left() {
        return Err(format!("the upstream call ended otherwise: {:?}", ended.ended));
    }
    let late = ended.ended_at.unwrap_or(left).saturating_duration_since(left);
    let words = format!("seen after {:.1} ms", late.as_secs_f64() * 1_000.0);
    if late <= SEEN_WITHIN { Ok(words) } else { Err(words) }
}

/// Stops reading until the upstream can write no more, reads on, and leaves.
pub(super) async fn holds_back(
    rig: &Rig,
    row: &Row,
    since: u64,
    mut line: Line,
    request: Request<Full<Bytes>>,
) -> Result<String, String> {
    let answer = timeout(FILLS, line.send(request)).await;
    let mut body = match answer {
        Ok(Ok(response)) => response.into_body(),
        _ => return Err("no answer".to_owned()),
    };
    let written = || rig.faulty_calls(row, since).last().map_or(0, |call| call.bytes_written);
    let held_at =
        stands_still(written).await.ok_or("the upstream goes on writing to a caller that does not read")?;
    // More than that was never on its way: the stream goes on.
    let mut read = 0;
    while read <= held_at {
        match timeout(FILLS, next(&mut body)).await {
            Ok(Some(bytes)) => read += bytes as u64,
            _ => return Err("the stream does not go on when it is read on".to_owned()),
        }
    }
    let left = Instant::now();
    line.leave().await;
    drop(body);
    let ended = seen(PATIENCE, || rig.faulty_calls(row, since).into_iter().find(Record::peer_left)).await;
    let ended = ended.ok_or("the upstream does not see that the caller has left")?;
    let late = ended.ended_at.unwrap_or(left).saturating_duration_since(left);
    let words =
        format!("held back at {} KiB, seen after {:.1} ms", held_at / 1024, late.as_secs_f64() * 1_000.0);
    if late <= SEEN_WITHIN { Ok(words) } else { Err(words) }
}

async fn next(body: &mut Incoming) -> Option<usize> {
    Some(body.frame().await?.ok()?.into_data().map_or(0, |bytes| bytes.len()))
}

/// The value at which `of` has stopped to change.
async fn stands_still(of: impl Fn() -> u64) -> Option<u64> {
    let until = Instant::now() + FILLS;
    let mut last = of();
    while Instant::now() < until {
        sleep(STANDS_STILL).await;
        let now = of();
        if now == last && now > 0 {
            return Some(now);
        }
        last = now;
    }
    None
}
