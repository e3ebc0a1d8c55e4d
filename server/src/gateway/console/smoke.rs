//! Smoke tests: one small real call over one route, and its result in words.

use std::{sync::Arc, time::Duration, time::Instant};

use app::{
    domain::{
        config::instance::WorkloadKind, console::view::SmokeReport, field_error::FieldError,
        routing::outcome::Outcome, wire::raw_json,
    },
    refusal::{Refusal, Reply},
};
use bytes::Bytes;
use serde_json::json;

use super::{Gateway, refuse};
use crate::gateway::{
    call::{
        attempt::{PlainAnswer, UpstreamAnswer},
        deliver::{decide_call, deliver},
        error::CallError,
        failover::Answered,
        record::Recorder,
        respond::masked,
    },
    snapshot::{CompiledBalancer, Snapshot},
    state::clock,
};

/// Limit of a whole smoke test.
const TIMEOUT: Duration = Duration::from_secs(60);
/// Longest answer that is shown, in characters.
const MAX_SHOWN_CHARS: usize = 500;
/// Tokens that a smoke test asks for.
const MAX_TOKENS: u64 = 64;

impl Gateway {
    pub(super) async fn run_smoke_test(
        &self,
        snapshot: Arc<Snapshot>,
        balancer: Arc<CompiledBalancer>,
        route: Option<String>,
    ) -> Reply<SmokeReport> {
        let began = Instant::now();
        let route = match route.filter(|it| !it.is_empty()) {
            Some(route) => route,
            None => {
                let default = balancer.spec().default_route().map(|it| it.name.clone());
                let missing =
                    || FieldError::new("routes", "default_route_required", "Mark one route as the default.");
                default.ok_or_else(|| Refusal::Invalid(vec![missing()]))?
            }
        };
        let mut recorder = Recorder::new(&self.shared.sink);
        let spec = balancer.spec();
        recorder.set_balancer(&balancer.stored, false);
        let body = Bytes::from(request_body(spec.workload_kind, &spec.serving_name));
        let call = self.console_call(snapshot, balancer, body, Some(&route), &recorder);
        let mut call = call.map_err(|it| refuse(&it, &mut recorder))?;
        let deadline = began + TIMEOUT;
        call.deadline = Some(call.deadline.map_or(deadline, |it| it.min(deadline)));
        let routing = decide_call(&call, &mut recorder).await;
        let answered = deliver(&call, &routing, &mut recorder).await;
        let (status, code, answer) = match answered {
            Err(error) => (error.status.as_u16(), Some(error.code), error.message),
            Ok(Answered { answer: UpstreamAnswer::Plain(answer), guard, .. }) => {
                guard.finish(&Outcome::Ok);
                let shown = PlainAnswer { body: masked(answer.body, &call), ..answer };
                (200, None, summarize(&shown, call.kind))
            }
            Ok(Answered { answer: UpstreamAnswer::Rejected(answer), guard, .. }) => {
                let status = answer.status.as_u16();
                guard.finish(&Outcome::Rejected(status));
                (status, None, "The destination rejected the request of the smoke test.".to_owned())
            }
            // Smoke tests never ask for a stream.
            Ok(Answered { answer: UpstreamAnswer::Stream(_), .. }) => {
                let error = CallError::internal();
                (error.status.as_u16(), Some(error.code), error.message)
            }
        };
        recorder.finish(status, code);
        Ok(SmokeReport {
            ok: status == 200,
            status,
            route,
            reason: routing.decision.reason,
            instance_id: recorder.record().instance_id.as_ref().map(ToString::to_string),
            attempts: recorder.attempts().to_vec(),
            ms: clock::millis(began.elapsed()),
            answer,
        })
    }
}

fn request_body(kind: WorkloadKind, model: &str) -> String {
    match kind {
        WorkloadKind::Chat => json!({
            "model": model,
            "messages": [{ "role": "user", "content": "This is a smoke test. Answer with one short sentence." }],
            "max_tokens": MAX_TOKENS,
        }),
        WorkloadKind::Embeddings => json!({ "model": model, "input": "This is a smoke test." }),
    }
    .to_string()
}

/// The beginning of an answer's text, or the dimensions of an embedding.
fn summarize(answer: &PlainAnswer, kind: WorkloadKind) -> String {
    let body = String::from_utf8_lossy(&answer.body);
    let text = match kind {
        WorkloadKind::Chat => answer_text(&body),
        WorkloadKind::Embeddings => {
            raw_json::member(&body, "data").and_then(|it| raw_json::elements(it).next()).map(|first| {
                let embedding = raw_json::member(first, "embedding").unwrap_or_default();
                format!("An embedding of {} dimensions.", raw_json::elements(embedding).count())
            })
        }
    };
    let text = text.unwrap_or_else(|| "An answer without text.".to_owned());
    text.chars().take(MAX_SHOWN_CHARS).collect()
}

/// The text of the first choice.
fn answer_text(body: &str) -> Option<String> {
    let choice = raw_json::elements(raw_json::member(body, "choices")?).next()?;
    let content = raw_json::member(raw_json::member(choice, "message")?, "content")?;
    raw_json::text(content).map(std::borrow::Cow::into_owned)
}
