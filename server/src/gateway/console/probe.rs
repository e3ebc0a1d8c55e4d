//! Tests of one instance: the free list of models, or, on request, one real call of one token. Both report a
//! verdict in our own words (`finding`).

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use app::domain::{
    config::instance::WorkloadKind,
    console::view::{SpeaksApi, SpokenApis, TestVerdict},
    routing::outcome::Outcome,
};
use bytes::Bytes;
use serde_json::json;

use super::{
    finding::{self, Finding},
    model_list,
};
use crate::gateway::{
    call::{
        attempt::{OutgoingRequest, UpstreamAnswer, attempt},
        headers,
    },
    state::clock,
    upstream::Upstream,
};

const CALL_TIMEOUT: Duration = Duration::from_secs(60);
/// Largest answer to a test call, in bytes.
const MAX_ANSWER_BYTES: usize = 4 * 1024 * 1024;

/// Tests an instance by its list of models.
pub(super) async fn fetch_model_list(upstream: &Arc<Upstream>) -> TestVerdict {
    let began = Instant::now();
    let list = model_list::fetch(upstream).await;
    if list.is_ok() {
        upstream.health.record_check_passed();
    }
    let finding = finding::of_model_list(upstream, list).await;
    verdict("models", began, finding, spoken_apis(upstream, false))
}

/// Tests an instance by a real call of one token.
pub(super) async fn send_test_call(upstream: &Arc<Upstream>) -> TestVerdict {
    let began = Instant::now();
    let Some(guard) = upstream.health.try_begin(upstream.max_in_flight, true) else {
        let finding = finding::of_call(upstream, &Outcome::ConnectFailed).await;
        return verdict("call", began, finding, spoken_apis(upstream, false));
    };
    let body = |upstream: &Upstream| vec![Bytes::from(request_body(upstream))];
    let outgoing = OutgoingRequest {
        kind: upstream.kind,
        stream: false,
        headers: headers::upstream_headers(None, &clock::new_id("req_"), 1),
        body: &body,
        answer_cap: MAX_ANSWER_BYTES,
        truncates_at_cap: false,
        expected_dimensions: upstream.health.dimensions(),
        learns_dimensions: true,
        deadline: Some(began + CALL_TIMEOUT),
    };
    let outcome = match Box::pin(attempt(upstream, &outgoing, &guard)).await {
        Ok(UpstreamAnswer::Plain(_) | UpstreamAnswer::Stream(_)) => Outcome::Ok,
        Ok(UpstreamAnswer::Rejected(answer)) => Outcome::Rejected(answer.status.as_u16()),
        Err(failure) => failure.outcome,
    };
    guard.finish(&outcome);
    let answered = outcome == Outcome::Ok;
    verdict("call", began, finding::of_call(upstream, &outcome).await, spoken_apis(upstream, answered))
}

fn request_body(upstream: &Upstream) -> String {
    match upstream.kind {
        WorkloadKind::Chat => json!({
            "model": upstream.model,
            "messages": [{ "role": "user", "content": "ping" }],
            "max_tokens": 1,
        }),
        WorkloadKind::Embeddings => json!({ "model": upstream.model, "input": "ping" }),
    }
    .to_string()
}

/// The APIs that an instance speaks, as far as is known. `answered`: it has just answered a call of its kind.
fn spoken_apis(upstream: &Upstream, answered: bool) -> SpokenApis {
    let own = if answered { SpeaksApi::Yes } else { SpeaksApi::Unknown };
    match upstream.kind {
        WorkloadKind::Chat => SpokenApis { chat_completions: own, ..SpokenApis::default() },
        WorkloadKind::Embeddings => SpokenApis { embeddings: own, ..SpokenApis::default() },
    }
}

/// The verdict on a finding. `test` names the kind of test, for findings without a code of their own.
fn verdict(test: &str, began: Instant, finding: Finding, apis: SpokenApis) -> TestVerdict {
    TestVerdict {
        ok: finding.ok,
        kind: finding.kind.unwrap_or(test).to_owned(),
        ms: clock::millis(began.elapsed()),
        message: finding.message.into_owned(),
        apis,
        models: finding.models,
    }
}
