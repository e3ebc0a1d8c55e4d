//! Runs the calls of a row in order and checks each before the next.

use std::time::Duration;

use tokio::time::sleep;

use super::{
    check::{CallOutcome, Secrets},
    client::Target,
    disconnect,
    expectation::Expectation,
    request::PlannedRequest,
    row::{CallKind, FirstUpstream, Row, Step},
    upstreams::{StepCalls, Upstreams, poll_until},
};
use crate::{Ended, Record, api::Api};

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

/// What a step leaves to the next one.
#[derive(Debug, Default)]
struct RowState {
    /// Number of the step whose text the next one has if it repeats it.
    text_of: usize,
    /// The id of the response made last.
    response: Option<String>,
}

/// Runs the calls of a row up to the first failure, because later calls build on earlier ones.
pub(super) async fn run(context: &ReportContext, row: &Row) -> Vec<StepResult> {
    let mut results: Vec<StepResult> = Vec::new();
    let mut state = RowState::default();
    for (place, step) in row.steps.iter().enumerate() {
        sleep(Duration::from_millis(step.after_ms)).await;
        if !step.repeats {
            state.text_of = place;
        }
        let outcome = call(context, row, step, &mut state).await;
        let failed = outcome.is_err();
        results.push(StepResult { call: step.call, expectation: step.expectation, outcome });
        if failed {
            break;
        }
    }
    results
}

async fn call(
    context: &ReportContext,
    row: &Row,
    step: &Step,
    state: &mut RowState,
) -> Result<String, String> {
    let ReportContext { upstreams, target, secrets, timeout } = context;
    let mark = format!("call {} of {};", state.text_of, row.gateway_model());
    let planned = PlannedRequest::new(row, step, &mark, state.response.as_deref());
    let mut request = target
        .request(planned.method, &planned.path, &secrets.api_key, planned.body)
        .map_err(|error| error.to_string())?;
    if row.api == Api::Messages {
        let (name, value) = super::request::VERSION;
        request.headers_mut().insert(name, value);
    }
    let path = step.call.reads().then_some(planned.path);
    let calls = StepCalls::new(upstreams, row, mark, path);
    let connection = target.connect().await.map_err(|error| error.to_string())?;
    match step.expectation {
        Expectation::Cancels => {
            let words = disconnect::check_cancellation(&calls, row, step.call, connection, request).await?;
            return match calls.healthy().is_empty() {
                true => Ok(words),
                false => Err("the second upstream is called after the caller disconnected".to_owned()),
            };
        }
        Expectation::HoldsBack => return disconnect::check_backpressure(&calls, connection, request).await,
        _ => {}
    }
    let answer = connection.exchange(request, *timeout, step.expectation.closes()).await;
    // The check reports calls that still run after that.
    let _ = poll_until(SETTLE_TIMEOUT, || {
        let (faulty, healthy) = (calls.faulty(), calls.healthy());
        faulty.iter().chain(&healthy).all(|call| call.ended.is_some()).then_some(())
    })
    .await;
    let faulty = match row.first_upstream {
        FirstUpstream::Faulty => without_replayed(upstreams, calls.faulty()),
        FirstUpstream::BlackHole | FirstUpstream::Closed | FirstUpstream::NoTls => Vec::new(),
    };
    let outcome = CallOutcome {
        row,
        step,
        received: &answer,
        faulty: &faulty,
        healthy: &calls.healthy(),
        router_calls: calls.to_router(),
        expected_request: &planned.expected_body,
        secrets,
    };
    outcome.check()?;
    state.response = answer.json()["id"].as_str().map(str::to_owned).or(state.response.take());
    Ok(format!("{} in {} ms", answer.words(), answer.duration.as_millis()))
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
