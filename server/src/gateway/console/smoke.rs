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
        routing::{
            classify::{Adaptation, RequestShape},
            outcome::Outcome,
        },
    },
    refusal::{Refusal, Reply},
};
use bytes::Bytes;
use tokio::time::Instant;

use super::{Gateway, refuse, sample};
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
/// Most calls of a smoke test that asks in one way after the other.
const MAX_TRIES: usize = 5;
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
        let deadline = began + TIMEOUT;
        let now_ms = || self.shared.clock.now_ms();
        let first_api = || snapshot.first_api(&balancer, &route, now_ms());
        let mut api = request.api.unwrap_or_else(first_api);
        let mut asked = Adaptation::new(snapshot.learned_shape(&balancer, &route, now_ms()));
        let mut tries_left = MAX_TRIES;
        loop {
            tries_left -= 1;
            let (report, failure) =
                Box::pin(self.try_route(&snapshot, &balancer, &route, api, asked.shape(), deadline)).await?;
            let may_try_again = tries_left > 0
                && match failure {
                    Some(TryFailure::Rejected(body)) => sample::adapts(api, &mut asked, report.status, &body),
                    // It has just been learned that no instance speaks this one.
                    Some(TryFailure::NotSpoken) if request.api.is_none() => {
                        let refused = std::mem::replace(&mut api, first_api());
                        api != refused && !snapshot.nobody_speaks(&balancer, Endpoint::of(api), now_ms())
                    }
                    _ => false,
                };
            if !may_try_again {
                return Ok(SmokeReport { ms: clock::millis(began.elapsed()), ..report });
            }
        }
    }

    /// Makes one call over a route.
    async fn try_route(
        &self,
        snapshot: &Arc<Snapshot>,
        balancer: &Arc<CompiledBalancer>,
        route: &str,
        api: Api,
        shape: RequestShape,
        deadline: Instant,
    ) -> Reply<(SmokeReport, Option<TryFailure>)> {
        let mut recorder = Recorder::new(&self.shared.sink, Endpoint::of(api));
        let spec = balancer.spec();
        recorder.set_origin(CallOrigin::SmokeTest);
        recorder.set_balancer(balancer, false);
        if spec.workload_kind != api.workload_kind() {
            let error = CallError::workload_mismatch(&spec.serving_name, spec.workload_kind);
            return Err(refuse(&error, &mut recorder));
        }
        let body = sample::body(api, Some(&spec.serving_name), PROMPT, MAX_TOKENS, shape);
        let (snapshot, balancer) = (Arc::clone(snapshot), Arc::clone(balancer));
        let call = self.console_call(snapshot, balancer, body, Endpoint::of(api), Some(route), &recorder);
        let mut call = call.map_err(|it| refuse(&it, &mut recorder))?;
        call.deadline = Some(call.deadline.map_or(deadline, |it| it.min(deadline)));
        let routing = decide_call(&call, &mut recorder).await;
        let answered = deliver(&call, &routing, &mut recorder).await;
        let mut failure = None;
        let (status, code, answer) = match answered {
            Err(error) => {
                failure = (error.code == CallError::API_NOT_SUPPORTED).then_some(TryFailure::NotSpoken);
                (error.status.as_u16(), Some(error.code), error.message)
            }
            Ok(Answered { answer: UpstreamAnswer::Plain(answer), guard, .. }) => {
                guard.finish(&Outcome::Ok);
                let shown = PlainAnswer { body: masked(answer.body, &call), ..answer };
                (200, None, summarize(&shown, api))
            }
            Ok(Answered { answer: UpstreamAnswer::Rejected(answer), guard, .. }) => {
                let status = answer.status.as_u16();
                guard.finish(&Outcome::Rejected(status));
                failure = Some(TryFailure::Rejected(answer.body));
                (status, None, "The destination rejected the request of the smoke test.".to_owned())
            }
            // Smoke tests never ask for a stream.
            Ok(Answered { answer: UpstreamAnswer::Stream(_), .. }) => {
                let error = CallError::internal();
                (error.status.as_u16(), Some(error.code), error.message)
            }
        };
        recorder.finish(status, code);
        let report = SmokeReport {
            ok: status == 200,
            status,
            route: route.to_owned(),
            reason: routing.plan.reason(),
            instance_id: recorder.record().instance_id.as_ref().map(ToString::to_string),
            attempts: recorder.attempts(),
            ms: 0.0,
            answer,
        };
        Ok((report, failure))
    }
}

/// A failure of one call that another way of asking may cure.
enum TryFailure {
    /// The request was refused, with this body.
    Rejected(Bytes),
    /// No instance speaks the API.
    NotSpoken,
}

/// The beginning of an answer's text, or the dimensions of an embedding.
fn summarize(answer: &PlainAnswer, api: Api) -> String {
    let text = api.rules().answer_text(&String::from_utf8_lossy(&answer.body));
    let text = text.unwrap_or_else(|| "An answer without text.".to_owned());
    text.chars().take(MAX_SHOWN_CHARS).collect()
}
