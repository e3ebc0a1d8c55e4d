//! The plan: the models that a gateway must serve before the report can run, each with a first and a second upstream.
//! A person or [`super::smart_balancer`] sets them up.

use std::fmt::Write;

use serde::Serialize;

use super::{
    row::{FirstUpstream, Row, Workload},
    upstreams::Addresses,
};

/// Connect, first byte and idle timeout of a hanging first upstream, and so the duration of the fault.
const TIMEOUT_MS: u64 = 1_000;
/// The dimensions of embeddings unless a fault changes them.
pub(super) const DIMENSIONS: u64 = 8;

/// A model of the gateway.
#[derive(Debug, Clone, Serialize)]
pub(super) struct PlannedModel {
    pub(super) model: String,
    pub(super) kind: Workload,
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
}

impl PlannedModel {
    pub(super) fn new(row: &Row, addresses: &Addresses, upstream_key: &str) -> Self {
        let first = PlannedUpstream {
            base_url: format!(
                "{}://{}/v1",
                if row.first_upstream == FirstUpstream::NoTls { "https" } else { "http" },
                addresses.of(row.first_upstream)
            ),
            model: row.upstream_model.to_owned(),
            key: row.key.then(|| upstream_key.to_owned()),
            timeout_ms: row.hangs.then_some(TIMEOUT_MS),
        };
        // A gateway never mixes the embeddings of different models. The healthy upstream answers any model.
        let model = if row.workload == Workload::Chat { "ok" } else { row.upstream_model };
        let second = row.fallback.then(|| PlannedUpstream {
            base_url: format!("http://{}/v1", addresses.healthy),
            model: model.to_owned(),
            key: None,
            timeout_ms: None,
        });
        Self { model: row.gateway_model(), kind: row.workload, first, second }
    }
}

/// The plan as text, for setting up a gateway by hand.
pub(super) fn to_text(plan: &[PlannedModel]) -> String {
    let mut text = format!(
        "# Each model tries its first upstream, then its second. Embeddings have {DIMENSIONS} dimensions.\n\
         # gateway model\tkind\tfirst: base URL, model, key, connect and first byte and idle timeout\tsecond: base URL, \
         model\n"
    );
    for PlannedModel { model, kind, first, second } in plan {
        let kind = if *kind == Workload::Chat { "chat" } else { "embeddings" };
        let key = first.key.as_deref().unwrap_or("-");
        let timeout = first.timeout_ms.map_or("-".to_owned(), |ms| format!("{ms} ms"));
        let second = match second {
            Some(second) => format!("{} {}", second.base_url, second.model),
            None => "-".to_owned(),
        };
        // Writing to a string never fails.
        let _ =
            writeln!(text, "{model}\t{kind}\t{} {} {key} {timeout}\t{second}", first.base_url, first.model);
    }
    text
}
