//! Tests of one instance: the free list of models, or, on request, one real call of one token; of a router model
//! also a routing question. All report a verdict in our own words; nothing that the upstream said is shown.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use app::domain::{
    config::instance::WorkloadKind, console::view::TestVerdict, routing::outcome::Outcome, wire::raw_json,
};
use bytes::Bytes;
use serde_json::json;

use crate::gateway::{
    call::{
        attempt::{OutgoingRequest, UpstreamAnswer, attempt},
        classify::check::check_router,
        headers,
    },
    health_checks::list_models,
    snapshot::{CompiledBalancer, Snapshot},
    state::clock::{self, Clock},
    upstream::Upstream,
};

const LIST_TIMEOUT: Duration = Duration::from_secs(10);
const CALL_TIMEOUT: Duration = Duration::from_secs(60);
/// Instances of a router model that are checked at once.
const MAX_CHECKED_MEMBERS: usize = 16;
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
        Err(Outcome::Refused(404)) => (false, "It has no list of models. Test it with a real call."),
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
    let body = |upstream: &Upstream| vec![Bytes::from(request_body(upstream))];
    let outgoing = OutgoingRequest {
        kind: upstream.kind,
        stream: false,
        headers: headers::upstream_headers(None, &clock::new_id("req_"), 1),
        body: &body,
        answer_cap: MAX_ANSWER_BYTES,
        truncates_at_cap: false,
        reads_failures: false,
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
    verdict("call", outcome == Outcome::Ok, began, explain(upstream, &outcome))
}

/// Adds a routing question to the verdict on an instance that is a router model of balancers. An answer closes their
/// breaker.
pub(super) async fn ask_as_router(
    upstream: &Arc<Upstream>,
    snapshot: &Snapshot,
    clock: Clock,
    verdict: TestVerdict,
) -> TestVerdict {
    let mut balancers = balancers_routed_by(upstream, snapshot);
    balancers.sort_by(|a, b| a.stored.id.cmp(&b.stored.id));
    let Some(balancer) = balancers.first() else { return verdict };
    let began = Instant::now();
    let check = check_router(upstream, balancer.spec(), clock).await;
    if check.outcome == Outcome::Ok {
        balancers
            .iter()
            .filter_map(|it| it.router.as_ref())
            .for_each(|it| it.limits.breaker.record_success());
    }
    let ms = verdict.ms + clock::millis(began.elapsed());
    let is_reply = check.outcome == Outcome::Ok;
    let message = match (verdict.ok, is_reply) {
        (true, true) => format!("{} {}", verdict.message, check.message),
        (true, false) => explain(upstream, &check.outcome).to_owned(),
        (false, true) => check.message,
        (false, false) => verdict.message,
    };
    TestVerdict { ok: check.ok, ms, message, ..verdict }
}

fn balancers_routed_by<'a>(upstream: &Upstream, snapshot: &'a Snapshot) -> Vec<&'a CompiledBalancer> {
    let is_member = |it: &CompiledBalancer| {
        let members = it.router.iter().flat_map(|router| &router.pools[0].members);
        members.into_iter().any(|member| member.instance_id == upstream.id)
    };
    snapshot.balancers().map(Arc::as_ref).filter(|it| is_member(it)).collect()
}

/// Asks every instance of a balancer's router model a routing question, up to [`MAX_CHECKED_MEMBERS`].
pub(super) async fn check_router_model(
    balancer: &CompiledBalancer,
    snapshot: &Snapshot,
    clock: Clock,
) -> TestVerdict {
    let began = Instant::now();
    let members = balancer.router.iter().flat_map(|it| &it.pools[0].members).filter(|it| it.enabled);
    let upstreams = members.filter_map(|it| snapshot.upstream(&it.instance_id));
    let upstreams: Vec<_> = upstreams.take(MAX_CHECKED_MEMBERS).collect();
    let checks = upstreams.iter().map(|it| check_router(it, balancer.spec(), clock));
    let checks = futures_util::future::join_all(checks).await;
    let texts = upstreams.iter().zip(&checks).map(|(upstream, check)| {
        let text = match check.outcome {
            Outcome::Ok => check.message.as_str(),
            failed => explain(upstream, &failed),
        };
        if checks.len() > 1 { format!("{}: {text}", upstream.id) } else { text.to_owned() }
    });
    let message = texts.collect::<Vec<_>>().join(" ");
    let ok = !checks.is_empty() && checks.iter().all(|it| it.ok);
    let message = if checks.is_empty() { "No instance of the router model is enabled." } else { &message };
    verdict("router", ok, began, message)
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
fn explain(upstream: &Upstream, outcome: &Outcome) -> &'static str {
    if let Some(blocked) = upstream.health.blocked() {
        return blocked.message();
    }
    match outcome {
        Outcome::Ok => "It answers.",
        Outcome::ConnectFailed => "Nothing answers at its address. Check the base URL.",
        Outcome::ConnectTimeout => "Connecting to its address timed out.",
        Outcome::Reset => "It closed the connection without an answer.",
        Outcome::FirstByteTimeout
        | Outcome::IdleTimeout
        | Outcome::TotalTimeout
        | Outcome::DeadlineExceeded => "It did not answer in time.",
        Outcome::Refused(401 | 403) => "It rejects the key. Enter a valid one.",
        Outcome::Refused(_) => "It does not know the path or the model. Check both.",
        Outcome::RateLimited { .. } => "Its rate limit is reached. Try again later.",
        Outcome::Rejected(_) => "It answers, but rejects the test call.",
        Outcome::Redirect(_) => "It redirects. Enter the address that it redirects to.",
        Outcome::Status(_) => "It answers with an error.",
        Outcome::DimensionMismatch => "Its embeddings have other dimensions than before.",
        Outcome::WrongContentType
        | Outcome::BadBody
        | Outcome::EmptyStream
        | Outcome::ErrorEvent
        | Outcome::TooLarge
        | Outcome::Truncated => "It answers, but not in the format of an OpenAI-compatible server.",
        Outcome::Cancelled => "The test was cancelled.",
    }
}
