//! Runs one row: its calls one after the other, each judged before the next.

use std::time::Duration;

use hyper::Method;
use tokio::time::sleep;

use super::{
    client::Target,
    judge::{Evidence, Secrets},
    leave,
    rig::{Rig, seen},
    row::{At, Call, Expect, Kind, Row, Step},
};
use crate::{Ended, Record};

/// How long the upstreams get to end a call that the caller has the answer of.
const SETTLES: Duration = Duration::from_secs(2);

/// What every row needs.
#[derive(Debug)]
pub(super) struct Bench {
    pub(super) rig: Rig,
    pub(super) target: Target,
    pub(super) secrets: Secrets,
    /// How long one call may take.
    pub(super) patience: Duration,
}

/// What came of one call.
#[derive(Debug)]
pub(super) struct Came {
    pub(super) call: Call,
    pub(super) expect: Expect,
    /// What was seen; the error is what is wrong with it.
    pub(super) seen: Result<String, String>,
}

/// Runs the calls of a row up to the first that fails: what follows it would say nothing.
pub(super) async fn run(bench: &Bench, row: &Row) -> Vec<Came> {
    let mut came: Vec<Came> = Vec::new();
    for (place, step) in row.steps.iter().enumerate() {
        sleep(Duration::from_millis(step.after_ms)).await;
        let seen = call(bench, row, step, place).await;
        let failed = seen.is_err();
        came.push(Came { call: step.call, expect: step.expect, seen });
        if failed {
            break;
        }
    }
    came
}

async fn call(bench: &Bench, row: &Row, step: &Step, place: usize) -> Result<String, String> {
    let Bench { rig, target, secrets, patience } = bench;
    let mark = format!("call {place} of {};", row.gateway_model());
    let body = |model: &str| body(row, step.call, model, &mark);
    let kind = if step.call == Call::OtherEndpoint { row.kind.other() } else { row.kind };
    let request = target
        .request(Method::POST, kind.path(), &secrets.api_key, body(&row.gateway_model()))
        .map_err(|error| error.to_string())?;
    let since = rig.faulty_calls(row, 0).last().map_or(0, |call| call.seq);
    let line = target.connect().await.map_err(|error| error.to_string())?;
    match step.expect {
        Expect::Cancels => {
            let words = leave::cancels(rig, row, step.call, since, line, request).await?;
            return match rig.healthy_calls(&mark).is_empty() {
                true => Ok(words),
                false => Err("the second upstream is called for a caller that has left".to_owned()),
            };
        }
        Expect::HoldsBack => return leave::holds_back(rig, row, since, line, request).await,
        _ => {}
    }
    let closes = matches!(step.expect, Expect::BreaksOff | Expect::PassesError);
    let answer = line.exchange(request, *patience, closes).await;
    // What still runs after that is the judge's.
    let _ = seen(SETTLES, || {
        let (faulty, healthy) = (rig.faulty_calls(row, since), rig.healthy_calls(&mark));
        faulty.iter().chain(&healthy).all(|call| call.ended.is_some()).then_some(())
    })
    .await;
    let faulty = match row.at {
        At::Faulty => without_replayed(rig, rig.faulty_calls(row, since)),
        At::BlackHole | At::Closed | At::NoTls => Vec::new(),
    };
    let evidence = Evidence {
        row,
        step,
        seen: &answer,
        faulty: &faulty,
        healthy: &rig.healthy_calls(&mark),
        request_upstream: &body(row.upstream_model),
        secrets,
    };
    evidence.judge()?;
    Ok(format!("{} in {} ms", answer.words(), answer.took.as_millis()))
}

/// The request body; `mark` is in its text.
fn body(row: &Row, call: Call, model: &str, mark: &str) -> String {
    let kind = if call == Call::OtherEndpoint { row.kind.other() } else { row.kind };
    let asked = match kind {
        Kind::Chat => {
            let text = "x".repeat(row.text);
            format!(r#""messages":[{{"role":"user","content":"{mark} {text}"}}]"#)
        }
        Kind::Embeddings => format!(r#""input":["{mark}","and another"]"#),
    };
    let (form, stream_more) = match call {
        Call::Stream => (r#","stream":true"#, row.stream_more),
        Call::Base64 => (r#","encoding_format":"base64""#, ""),
        Call::Plain | Call::OtherEndpoint => ("", ""),
    };
    let more = row.more;
    format!(r#"{{"model":"{model}",{asked}{form}{more}{stream_more}}}"#)
}

/// A connection that turns out to be closed when it is used again may be replaced once, where nothing came over it
/// (RFC 9112 §9.3.1, of requests that reached nobody): such calls do not count.
fn without_replayed(rig: &Rig, calls: Vec<Record>) -> Vec<Record> {
    let is_stale = |call: &Record| {
        call.bytes_written == 0
            && matches!(call.ended, Some(Ended::Reset | Ended::Closed))
            && !rig.faulty.find(|it| it.connection == call.connection && it.seq < call.seq).is_empty()
    };
    calls.into_iter().filter(|call| !is_stale(call)).collect()
}
