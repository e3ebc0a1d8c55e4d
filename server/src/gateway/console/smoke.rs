//! Smoke tests: one small real call over one route, and its result in words.

use std::{sync::Arc, time::Duration};

use app::{
    domain::{
        api::{Api, Endpoint},
        console::{
            request_log::CallOrigin,
            view::{SmokeReport, SmokeRequest},
        },
        field_error::FieldError,
        routing::outcome::Outcome,
    },
    refusal::{Refusal, Reply},
};
use bytes::Bytes;
use tokio::time::Instant;

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
/// The prompt of a smoke test.
const PROMPT: &str = "This is a smoke test. Answer with one short sentence.";
/// Tokens that a smoke test asks for.
const MAX_TOKENS: u64 = 64;

impl Gateway {
    pub(super) async fn run_smoke_test(
        &self,
        snapshot: Arc<Snapshot>,
        balancer: Arc<CompiledBalancer>,
        request: SmokeRequest,
    ) -> Reply<SmokeReport> {
        let began = Instant::now();
        let route = match request.route.filter(|it| !it.is_empty()) {
            Some(route) => route,
            None => {
                let default = balancer.spec().default_route().map(|it| it.name.clone());
                let missing =
                    || FieldError::new("routes", "default_route_required", "Mark one route as the default.");
                default.ok_or_else(|| Refusal::Invalid(vec![missing()]))?
            }
        };
        let now_ms = self.shared.clock.now_ms();
        let api = request.api.unwrap_or_else(|| snapshot.first_api(&balancer, &route, now_ms));
        let mut recorder = Recorder::new(&self.shared.sink, Endpoint::of(api));
        let spec = balancer.spec();
        recorder.set_origin(CallOrigin::SmokeTest);
        recorder.set_balancer(&balancer, false);
        if spec.workload_kind != api.workload_kind() {
            let error = CallError::workload_mismatch(&spec.serving_name, spec.workload_kind);
            return Err(refuse(&error, &mut recorder));
        }
        let body = api.rules().sample_body(Some(&spec.serving_name), PROMPT, MAX_TOKENS);
        let body = Bytes::from(body.to_string());
        let call = self.console_call(snapshot, balancer, body, Endpoint::of(api), Some(&route), &recorder);
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
                (200, None, summarize(&shown, api))
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
            reason: routing.plan.reason(),
            instance_id: recorder.record().instance_id.as_ref().map(ToString::to_string),
            attempts: recorder.attempts(),
            ms: clock::millis(began.elapsed()),
            answer,
        })
    }
}

/// The beginning of an answer's text, or the dimensions of an embedding.
fn summarize(answer: &PlainAnswer, api: Api) -> String {
    let text = api.rules().answer_text(&String::from_utf8_lossy(&answer.body));
    let text = text.unwrap_or_else(|| "An answer without text.".to_owned());
    text.chars().take(MAX_SHOWN_CHARS).collect()
}
