//! What a gateway must have before the report can run: for each fault a model with a first upstream and a second one.
//! A person or [`super::smart_balancer`] sets it up from this.

use std::fmt::Write;

use serde::Serialize;

use super::{
    rig::Addresses,
    row::{At, Kind, Row},
};

/// Connect, first byte and idle timeout of a first upstream that hangs: a fault lasts as long.
const TIMEOUT_MS: u64 = 1_000;
/// The length of the embeddings of every upstream that shows no fault in it.
pub(super) const DIMENSIONS: u64 = 8;

/// One model of the gateway.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Planned {
    pub(super) model: String,
    pub(super) kind: Kind,
    pub(super) first: PlannedUpstream,
    pub(super) second: Option<PlannedUpstream>,
}

/// One of its upstreams.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct PlannedUpstream {
    pub(super) base_url: String,
    pub(super) model: String,
    /// The key that it is called with.
    pub(super) key: Option<String>,
    /// Its connect, first byte and idle timeout; the gateway's own where there is none.
    pub(super) timeout_ms: Option<u64>,
}

impl Planned {
    pub(super) fn new(row: &Row, addresses: &Addresses, upstream_key: &str) -> Self {
        let first = PlannedUpstream {
            base_url: format!(
                "{}://{}/v1",
                if row.at == At::NoTls { "https" } else { "http" },
                addresses.of(row.at)
            ),
            model: row.upstream_model.to_owned(),
            key: row.key.then(|| upstream_key.to_owned()),
            timeout_ms: row.hangs.then_some(TIMEOUT_MS),
        };
        // Embeddings of different models are never mixed; the healthy upstream answers whatever it is asked for.
        let model = if row.kind == Kind::Chat { "ok" } else { row.upstream_model };
        let second = row.fallback.then(|| PlannedUpstream {
            base_url: format!("http://{}/v1", addresses.healthy),
            model: model.to_owned(),
            key: None,
            timeout_ms: None,
        });
        Self { model: row.gateway_model(), kind: row.kind, first, second }
    }
}

/// The plan as text, for those who set a gateway up by hand.
pub(super) fn words(plan: &[Planned]) -> String {
    let mut text = format!(
        "# Each model tries its first upstream, then its second. Embeddings have {DIMENSIONS} dimensions.\n\
         # gateway model\tkind\tfirst: base URL, model, key, connect and first byte and idle timeout\tsecond: base URL, \
         model\n"
    );
    for Planned { model, kind, first, second } in plan {
        let kind = if *kind == Kind::Chat { "chat" } else { "embeddings" };
        let key = first.key.as_deref().unwrap_or("-");
        let timeout = first.timeout_ms.map_or("-".to_owned(), |ms| format!("{ms} ms"));
        let second = match second {
            Some(second) => format!("{} {}", second.base_url, second.model),
            None => "-".to_owned(),
        };
        // Writing to a string does not fail.
        let _ =
            writeln!(text, "{model}\t{kind}\t{} {} {key} {timeout}\t{second}", first.base_url, first.model);
    }
    text
}
