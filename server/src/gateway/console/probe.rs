//! Tests of one instance: the free list of models, or, on request, one real call of one token. Both report a
//! verdict in our own words (`finding`).

use std::{sync::Arc, time::Duration};

use app::domain::{
    api::{Api, Endpoint, LengthRequest},
    console::{
        spoken_apis::{SpeaksApi, SpokenApis},
        view::TestVerdict,
    },
    routing::{classify::Adaptation, outcome::Outcome},
};
use tokio::time::Instant;

use super::{
    finding::{self, Finding},
    model_list, sample,
};
use crate::gateway::{
    call::{
        attempt::{OutgoingRequest, UpstreamAnswer, VectorRequest, attempt},
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
    verdict("models", began, finding, spoken_apis(upstream))
}

/// Tests an instance by a real call of one token.
pub(super) async fn send_test_call(upstream: &Arc<Upstream>) -> TestVerdict {
    let began = Instant::now();
    let Some(guard) = upstream.health.try_begin(upstream.max_in_flight, true) else {
        let finding = finding::of_call(upstream, &Outcome::ConnectFailed).await;
        return verdict("call", began, finding, spoken_apis(upstream));
    };
    let now_ms = upstream.health.now_ms();
    let may_speak = |api: &Api| upstream.speaks(Endpoint::of(*api), now_ms) != Some(false);
    let api = Api::ALL.into_iter().filter(|it| it.workload_kind() == upstream.kind).find(may_speak);
    let api = api.unwrap_or_default();
    let endpoint = Endpoint::of(api);
    let known = upstream.health.dimensions();
    let vectors = (api == Api::Embeddings).then_some(VectorRequest {
        input: "\"ping\"",
        length: LengthRequest::Native,
        known,
    });
    let mut asked = Adaptation::new(upstream.health.request_shape.get(now_ms).shape);
    let outcome = loop {
        let shape = asked.shape();
        let body = |upstream: &Upstream| vec![sample::body(api, upstream.model.as_deref(), "ping", 1, shape)];
        let outgoing = OutgoingRequest {
            endpoint,
            stored: None,
            continues: false,
            stream: false,
            has_several_choices: false,
            headers: headers::upstream_headers(None, api, clock::new_request_id().as_str(), 1),
            body: &body,
            source: None,
            answer_cap: MAX_ANSWER_BYTES,
            truncates_at_cap: false,
            reads_failures: false,
            vectors,
            deadline: Some(began + CALL_TIMEOUT),
        };
        break match Box::pin(attempt(upstream, &outgoing, &guard)).await {
            Ok(UpstreamAnswer::Plain(_) | UpstreamAnswer::Stream(_)) => Outcome::Ok,
            Ok(UpstreamAnswer::Rejected(answer)) => {
                let status = answer.status.as_u16();
                if sample::adapts(api, &mut asked, status, &answer.body) {
                    continue;
                }
                Outcome::Rejected(status)
            }
            Err(failure) => failure.outcome,
        };
    };
    guard.finish(&outcome);
    verdict("call", began, finding::of_call(upstream, &outcome).await, spoken_apis(upstream))
}

/// The APIs that an instance speaks, as far as is known.
pub(super) fn spoken_apis(upstream: &Upstream) -> SpokenApis {
    let now_ms = upstream.health.now_ms();
    let speaks = |api: Api| match upstream.is_known_to_speak(Endpoint::of(api), now_ms) {
        _ if api.workload_kind() != upstream.kind => SpeaksApi::Unknown,
        speaks => speaks.into(),
    };
    SpokenApis::of(speaks)
}

/// The verdict on a finding. `test` names the kind of test, for findings without a code of their own.
pub(super) fn verdict(test: &str, began: Instant, finding: Finding, apis: SpokenApis) -> TestVerdict {
    TestVerdict {
        ok: finding.ok,
        kind: finding.kind.unwrap_or(test).to_owned(),
        ms: clock::millis(began.elapsed()),
        message: finding.message.into_owned(),
        apis,
        models: finding.models,
    }
}
