//! The plan: the models that a gateway must serve before the report can run, each with a first and a second upstream.
//! A person or [`super::smart_balancer`] sets them up.

use std::fmt::Write;

use serde::Serialize;

use super::{
    row::{FirstUpstream, Row, Workload},
    upstreams::Addresses,
};
use crate::api::Api;

/// Connect, first byte and idle timeout of a hanging first upstream, and so the duration of the fault.
const TIMEOUT_MS: u64 = 1_000;
/// Limit of a whole answer of a first upstream that takes too long; longer than the other timeouts, which come first.
const ANSWER_TIMEOUT_MS: u64 = 2_500;
/// The dimensions of embeddings unless a fault changes them.
pub(super) const DIMENSIONS: u64 = 8;

/// A model of the gateway.
#[derive(Debug, Clone, Serialize)]
pub(super) struct PlannedModel {
    pub(super) model: String,
    pub(super) kind: Workload,
    /// The API that it is called through.
    pub(super) api: Api,
    /// The router model that chooses between the upstreams; without one they are tried in order.
    pub(super) router: Option<PlannedUpstream>,
    pub(super) first: PlannedUpstream,
    pub(super) second: Option<PlannedUpstream>,
}

/// An upstream of a model.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct PlannedUpstream {
    pub(super) base_url: String,
    pub(super) model: String,
    /// The key that the gateway calls it with.
    pub(super) key: Option<String>,
    /// Its connect, first byte and idle timeout; the gateway's defaults if there is none.
    pub(super) timeout_ms: Option<u64>,
    /// Its limit for the head of a plain answer and the first content of a stream; the gateway's default if there is
    /// none.
    pub(super) answer_timeout_ms: Option<u64>,
}

impl PlannedModel {
    pub(super) fn new(row: &Row, addresses: &Addresses, upstream_key: &str) -> Self {
        let faulty = |model: &str, address| PlannedUpstream {
            base_url: format!("http://{address}/v1"),
            model: model.to_owned(),
            key: row.key.then(|| upstream_key.to_owned()),
            timeout_ms: None,
            answer_timeout_ms: None,
        };
        let mut first = PlannedUpstream {
            timeout_ms: row.hangs.then_some(TIMEOUT_MS),
            answer_timeout_ms: row.expires.then_some(ANSWER_TIMEOUT_MS),
            ..faulty(row.upstream_model, addresses.of(row.first_upstream))
        };
        if row.first_upstream == FirstUpstream::NoTls {
            first.base_url = first.base_url.replacen("http", "https", 1);
        }
        // A gateway never mixes the embeddings of different models. The healthy upstream answers any model.
        let model = if row.api == Api::Embeddings { row.upstream_model } else { "ok" };
        let second = PlannedUpstream { key: None, ..faulty(model, addresses.healthy) };
        Self {
            model: row.gateway_model(),
            kind: row.workload(),
            api: row.api,
            router: row.router.map(|model| faulty(model, addresses.faulty)),
            first,
            second: row.fallback.then_some(second),
        }
    }

    /// The upstreams with their places.
    pub(super) fn upstreams(&self) -> impl Iterator<Item = (&'static str, &PlannedUpstream)> {
        let [router, second] = [("router", &self.router), ("second", &self.second)]
            .map(|(place, upstream)| upstream.as_ref().map(|upstream| (place, upstream)));
        router.into_iter().chain([("first", &self.first)]).chain(second)
    }
}

/// The plan as text, for setting up a gateway by hand.
pub(super) fn to_text(plan: &[PlannedModel]) -> String {
    let mut text = format!(
        "# Each model tries its first upstream, then its second. With a router model, that one chooses between routes \
         named first and second, and second is the default. Embeddings have {DIMENSIONS} dimensions.\n\
         # gateway model\tkind\tplace: base URL, model, key, connect and first byte and idle timeout, answer timeout\n"
    );
    for planned in plan {
        let kind = if planned.kind == Workload::Chat { "chat" } else { "embeddings" };
        text += &format!("{}\t{kind}", planned.model);
        for (place, upstream) in planned.upstreams() {
            let key = upstream.key.as_deref().unwrap_or("-");
            let ms = |ms: Option<u64>| ms.map_or("-".to_owned(), |ms| format!("{ms} ms"));
            let PlannedUpstream { base_url, model, timeout_ms, answer_timeout_ms, .. } = upstream;
            // Writing to a string never fails.
            let _ = write!(
                text,
                "\t{place}: {base_url} {model} {key} {} {}",
                ms(*timeout_ms),
                ms(*answer_timeout_ms)
            );
        }
        text.push('\n');
    }
    text
}
