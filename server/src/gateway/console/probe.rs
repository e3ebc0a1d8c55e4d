//! Tests of one instance: the free list of models, or, on request, one real call of one token. Both report a
//! verdict in our own words; nothing that the upstream said is shown.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use app::domain::{
    api::{Api, Endpoint, LengthRequest},
    console::view::TestVerdict,
    routing::outcome::{Outcome, RefusalCause},
    wire::raw_json,
};
use bytes::Bytes;

use crate::gateway::{
    call::{
        attempt::{OutgoingRequest, UpstreamAnswer, VectorRequest, attempt},
        headers,
    },
    health_checks::list_models,
    state::clock,
    upstream::Upstream,
};

const LIST_TIMEOUT: Duration = Duration::from_secs(10);
const CALL_TIMEOUT: Duration = Duration::from_secs(60);
/// Largest answer to a test call, in bytes.
const MAX_ANSWER_BYTES: usize = 4 * 1024 * 1024;

/// Tests an instance by its list of models.
pub(super) async fn fetch_model_list(upstream: &Arc<Upstream>) -> TestVerdict {
    let began = Instant::now();
    let (ok, message) = match list_models(upstream, LIST_TIMEOUT).await {
        Ok(body) => {
            upstream.health.record_check_passed();
            let known = upstream.model.as_ref().is_none_or(|model| names_model(&body, model));
            (true, if known { "It answers." } else { "It answers, but does not list the model." })
        }
        Err(Outcome::Refused { status: 404, .. }) => {
            (false, "It has no list of models. Test it with a real call.")
        }
        Err(failed) => (false, explain(upstream, &failed)),
    };
    verdict("models", ok, began, message)
}

/// Tests an instance by a real call of one token.
pub(super) async fn send_test_call(upstream: &Arc<Upstream>) -> TestVerdict {
    let began = Instant::now();
    let Some(guard) = upstream.health.try_begin(upstream.max_in_flight, true) else {
        return verdict("call", false, began, explain(upstream, &Outcome::ConnectFailed));
    };
    let now_ms = upstream.health.now_ms();
    let may_speak = |api: &Api| upstream.speaks(Endpoint::of(*api), now_ms) != Some(false);
    let api = Api::ALL.into_iter().filter(|it| it.workload_kind() == upstream.kind).find(may_speak);
    let api = api.unwrap_or_default();
    let endpoint = Endpoint::of(api);
    let body = |upstream: &Upstream| {
        let body = api.rules().sample_body(upstream.model.as_deref(), "ping", 1);
        vec![Bytes::from(body.to_string())]
    };
    let known = upstream.health.dimensions();
    let vectors = (api == Api::Embeddings).then_some(VectorRequest {
        input: "\"ping\"",
        length: LengthRequest::Native,
        known,
    });
    let outgoing = OutgoingRequest {
        endpoint,
        stored: None,
        continues: false,
        stream: false,
        has_several_choices: false,
        headers: headers::upstream_headers(None, api, &clock::new_id("req_"), 1),
        body: &body,
        source: None,
        answer_cap: MAX_ANSWER_BYTES,
        truncates_at_cap: false,
        vectors,
        deadline: Some(began + CALL_TIMEOUT),
    };
    let outcome = match Box::pin(attempt(upstream, &outgoing, &guard)).await {
        Ok(UpstreamAnswer::Plain(_) | UpstreamAnswer::Stream(_)) => Outcome::Ok,
        Ok(UpstreamAnswer::Rejected(answer)) => Outcome::Rejected(answer.status.as_u16()),
        Err(failure) => failure.outcome,
    };
    guard.finish(&outcome);
    verdict("call", outcome == Outcome::Ok, began, explain(upstream, &outcome))
}

/// Whether a list of models contains one.
fn names_model(body: &[u8], model: &str) -> bool {
    let text = std::str::from_utf8(body).unwrap_or_default();
    let models = raw_json::member(text, "data").map(raw_json::elements);
    let mut ids = models.into_iter().flatten().filter_map(|it| raw_json::member(it, "id"));
    ids.any(|id| raw_json::text(id).is_some_and(|id| id == model))
}

fn verdict(kind: &str, ok: bool, began: Instant, message: &str) -> TestVerdict {
    TestVerdict { ok, kind: kind.to_owned(), ms: clock::millis(began.elapsed()), message: message.to_owned() }
}

/// An outcome as a sentence for the person who set up the instance.
pub(super) fn explain(upstream: &Upstream, outcome: &Outcome) -> &'static str {
    if let Some(blocked) = upstream.health.blocked() {
        return blocked.message();
    }
    match outcome {
        Outcome::Ok => "It answers.",
        Outcome::ConnectFailed => "Nothing answers at its address. Check the base URL.",
        Outcome::ConnectTimeout => "Connecting to its address timed out.",
        Outcome::Reset => "It closed the connection without an answer.",
        Outcome::FirstByteTimeout
        | Outcome::AnswerTimeout
        | Outcome::IdleTimeout
        | Outcome::TotalTimeout
        | Outcome::DeadlineExceeded => "It did not answer in time.",
        Outcome::Refused { cause: RefusalCause::Credit, .. } => {
            "It is out of credit. Check the billing of its account."
        }
        Outcome::Refused { cause: RefusalCause::Account, .. } => {
            "It refuses the account. Check that it is active and allowed where this server runs."
        }
        Outcome::Refused { status: 404, .. } | Outcome::ResponseNotFound | Outcome::ApiNotSupported(_) => {
            "It does not know the path or the model. Check both."
        }
        Outcome::Refused { .. } => "It refuses the key. Enter a valid one.",
        Outcome::RateLimited { .. } => "Its rate limit is reached. Try again later.",
        Outcome::Rejected(_) => "It answers, but rejects the test call.",
        Outcome::Redirect(_) => "It redirects. Enter the address that it redirects to.",
        Outcome::Status(_) => "It answers with an error.",
        Outcome::DimensionMismatch => "Its embeddings have other dimensions than before.",
        Outcome::WrongContentType
        | Outcome::BadBody
        | Outcome::EmptyStream
        | Outcome::EmptyAnswer
        | Outcome::ErrorEvent
        | Outcome::TooLarge
        | Outcome::Truncated => "It answers, but not in the format of an OpenAI-compatible server.",
        Outcome::Cancelled => "The test was cancelled.",
    }
}
