//! Calls from the playground: the form, the call, and the events of its answer.

pub mod embedding;
pub mod outcome;

mod fill;
mod form;

pub use form::{CHAT_APIS, PlayForm};

use crate::domain::api::Api;
use crate::domain::{
    config::{configuration::Configuration, instance::WorkloadKind},
    routing::decision::{AttemptRecord, Decision},
};

/// A call to decide without making it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DryRun {
    /// The API of the body; absent: told from its members.
    pub api: Option<Api>,
    /// The whole `/v1` body as received.
    pub body: Vec<u8>,
    /// The route to force; absent, empty or `auto` means automatic.
    pub route: Option<String>,
}

/// A balancer as the playground offers it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Playable {
    /// Id of the object.
    pub id: String,
    /// Display name.
    pub name: String,
    /// The model id that clients send.
    pub serving_name: String,
    /// Chat or embeddings.
    pub workload_kind: WorkloadKind,
    /// Names of the enabled routes.
    pub routes: Vec<String>,
}

impl Playable {
    /// All enabled balancers.
    pub fn all(configuration: &Configuration) -> Vec<Self> {
        let enabled = configuration.balancers.iter().filter(|it| it.spec.enabled);
        enabled
            .map(|it| Self {
                id: it.id.to_string(),
                name: it.spec.name.clone(),
                serving_name: it.spec.serving_name.clone(),
                workload_kind: it.spec.workload_kind,
                routes: it.spec.routes.iter().filter(|it| it.enabled).map(|it| it.name.clone()).collect(),
            })
            .collect()
    }
}

/// A call as the playground's form posts it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PlayCall {
    /// Id of the balancer.
    pub balancer_id: String,
    /// The route to force; absent or empty means automatic.
    pub route: Option<String>,
    /// The API that the body is for; absent: told from its members.
    pub api: Option<Api>,
    /// The whole `/v1` body as JSON text, including `model`.
    pub body: String,
}

/// An event of a call's answer. `Decision` comes first, `Done` or `Failed` last.
#[derive(Clone, Debug, PartialEq)]
pub enum PlayEvent {
    /// The routing decision.
    Decision {
        /// The decision.
        decision: Decision,
    },
    /// The first byte of the answer has arrived.
    Started {
        /// The answering instance.
        instance_id: String,
        /// From the call to the first byte, in milliseconds.
        first_byte_ms: f64,
    },
    /// A piece of the answer's text.
    Text {
        /// The code.
        text: String,
    },
    /// The whole answer of a call without streaming, as received.
    Answer {
        /// The body, cut at 1 MiB.
        body: String,
    },
    /// The call has ended successfully.
    Done {
        /// The status that a client would get.
        status: u16,
        /// All attempts.
        attempts: Vec<AttemptRecord>,
        /// Total duration, in milliseconds.
        ms: f64,
        /// Tokens of prompt and answer, if the upstream reported them.
        tokens: Option<(u64, u64)>,
    },
    /// The call has failed, before or during the answer.
    Failed {
        /// The status that a client would get; 200 if the answer had begun.
        status: u16,
        /// The OpenAI-style error, as JSON text.
        error: String,
        /// All attempts.
        attempts: Vec<AttemptRecord>,
        /// Total duration, in milliseconds.
        ms: f64,
    },
}
