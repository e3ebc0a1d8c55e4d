//! Runs the calls of a row in order and checks each before the next.

use std::time::Duration;

use hyper::Method;
use tokio::time::sleep;

use super::{
    check::{CallOutcome, Secrets},
    client::Target,
    disconnect,
    row::{CallKind, Expectation, FirstUpstream, Row, Step, Workload},
    upstreams::{Upstreams, poll_until},
};
use crate::{Ended, Record};

/// How long the upstreams may take to end a call after the caller has its answer.
const SETTLE_TIMEOUT: Duration = Duration::from_secs(2);

/// What all rows share.
#[derive(Debug)]
pub(super) struct ReportContext {
    pub(super) upstreams: Upstreams,
    pub(super) target: Target,
    pub(super) secrets: Secrets,
    /// Timeout of one call.
    pub(super) timeout: Duration,
}

/// The result of one step.
#[derive(Debug)]
pub(super) struct StepResult {
    pub(super) call: CallKind,
    pub(super) expectation: Expectation,
    /// What happened; the error says what is wrong with it.
    pub(super) outcome: Result<String, String>,
}

/// Runs the calls of a row up to the first failure, because later calls build on earlier ones.
pub(super) async fn run(context: &ReportContext, row: &Row) -> Vec<StepResult> {
    let mut results: Vec<StepResult> = Vec::new();
    for (place, step) in row.steps.iter().enumerate() {
        sleep(Duration::from_millis(step.after_ms)).await;
        let outcome = call(context, row, step, place).await;
        let failed = outcome.is_err();
        results.push(StepResult { call: step.call, expectation: step.expectation, outcome });
        if failed {
            break;
        }
    }
    results
}

async fn call(context: &ReportContext, row: &Row, step: &Step, place: usize) -> Result<String, String> {
    let ReportContext { upstreams, target, secrets, timeout } = context;
    let mark = format!("call {place} of {};", row.gateway_model());
    let body = |model: &str| body(row, step.call, model, &mark);
    let workload = if step.call == CallKind::OtherEndpoint { row.workload.other() } else { row.workload };
    let request = target
        .request(Method::POST, workload.path(), &secrets.api_key, body(&row.gateway_model()))
        .map_err(|error| error.to_string())?;
    let since = upstreams.faulty_calls(row, 0).last().map_or(0, |call| call.seq);
    let connection = target.connect().await.map_err(|error| error.to_string())?;
    match step.expectation {
        Expectation::Cancels => {
            let words =
                disconnect::check_cancellation(upstreams, row, step.call, since, connection, request).await?;
            return match upstreams.healthy_calls(&mark).is_empty() {
                true => Ok(words),
                false => Err("the second upstream is called after the caller disconnected".to_owned()),
            };
        }
        Expectation::HoldsBack => {
            return disconnect::check_backpressure(upstreams, row, since, connection, request).await;
        }
        _ => {}
    }
    let closes = matches!(step.expectation, Expectation::Truncates | Expectation::PassesError);
    let answer = connection.exchange(request, *timeout, closes).await;
    // The check reports calls that still run after that.
    let _ = poll_until(SETTLE_TIMEOUT, || {
        let (faulty, healthy) = (upstreams.faulty_calls(row, since), upstreams.healthy_calls(&mark));
        faulty.iter().chain(&healthy).all(|call| call.ended.is_some()).then_some(())
    })
    .await;
    let faulty = match row.first_upstream {
        FirstUpstream::Faulty => without_replayed(upstreams, upstreams.faulty_calls(row, since)),
        FirstUpstream::BlackHole | FirstUpstream::Closed | FirstUpstream::NoTls => Vec::new(),
    };
    let outcome = CallOutcome {
        row,
        step,
        received: &answer,
        faulty: &faulty,
        healthy: &upstreams.healthy_calls(&mark),
        expected_request: &body(row.upstream_model),
        secrets,
    };
    outcome.check()?;
    Ok(format!("{} in {} ms", answer.words(), answer.duration.as_millis()))
}

/// The request body; its text contains `mark`.
fn body(row: &Row, call: CallKind, model: &str, mark: &str) -> String {
    let workload = if call == CallKind::OtherEndpoint { row.workload.other() } else { row.workload };
    let input = match workload {
        Workload::Chat => {
            let text = "x".repeat(row.text);
            format!(r#""messages":[{{"role":"user","content":"{mark} {text}"}}]"#)
        }
        Workload::Embeddings => format!(r#""input":["{mark}","and another"]"#),
    };
    let (form, extra_stream) = match call {
        CallKind::Stream => (r#","stream":true"#, row.extra_stream_fields),
        CallKind::Base64 => (r#","encoding_format":"base64""#, ""),
        CallKind::Plain | CallKind::OtherEndpoint => ("", ""),
    };
    let extra = row.extra_fields;
    format!(r#"{{"model":"{model}",{input}{form}{extra}{extra_stream}}}"#)
}

/// Removes the calls that met a stale connection. A gateway may replay such a call once if it received nothing over the
/// reused connection (RFC 9112 §9.3.1).
fn without_replayed(upstreams: &Upstreams, calls: Vec<Record>) -> Vec<Record> {
    let is_stale = |call: &Record| {
        call.bytes_written == 0
            && matches!(call.ended, Some(Ended::Reset | Ended::Closed))
            && !upstreams.faulty.find(|it| it.connection == call.connection && it.seq < call.seq).is_empty()
    };
    calls.into_iter().filter(|call| !is_stale(call)).collect()
}
