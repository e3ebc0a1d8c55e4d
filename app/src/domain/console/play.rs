//! A call made from the playground: its form, the call, and what comes back of it, event by event.

pub mod embedding;
pub mod outcome;

mod fill;
mod form;

pub use form::PlayForm;

use crate::domain::{
    config::{configuration::Configuration, instance::WorkloadKind},
    routing::decision::{AttemptRecord, Decision},
};

/// A call that is to be decided about and not made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DryRun {
    /// The whole `/v1` body, as it was received.
    pub body: Vec<u8>,
    /// The route to force; absent, empty or `auto` means automatic.
    pub route: Option<String>,
}

/// A balancer as the playground offers it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Playable {
    /// Its id.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// The model id that clients send.
    pub serving_name: String,
    /// Chat or embeddings.
    pub workload_kind: WorkloadKind,
    /// The names of its enabled routes.
    pub routes: Vec<String>,
}

impl Playable {
    /// Every balancer that is enabled.
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

/// What the playground's form sends.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PlayCall {
    /// The balancer's id.
    pub balancer_id: String,
    /// The route to force; absent or empty means automatic.
    pub route: Option<String>,
    /// The whole `/v1` body as JSON text, `model` included.
    pub body: String,
}

/// One piece of what comes back. The decision comes first, `Done` or `Failed` last.
#[derive(Clone, Debug, PartialEq)]
pub enum PlayEvent {
    /// What was decided.
    Decision {
        /// The decision.
        decision: Decision,
    },
    /// The destination began to answer.
    Started {
        /// The instance that answers.
        instance_id: String,
        /// From the call to its first byte, in milliseconds.
        first_byte_ms: f64,
    },
    /// A piece of the answer's text.
    Text {
        /// The piece.
        text: String,
    },
    /// The whole answer of a call that is not streamed, as it was received.
    Answer {
        /// The body, at most 1 MiB of it.
        body: String,
    },
    /// The call is over and went well.
    Done {
        /// The status that a client would have got.
        status: u16,
        /// Every attempt.
        attempts: Vec<AttemptRecord>,
        /// The whole time, in milliseconds.
        ms: f64,
        /// Tokens of the prompt and of the answer, where the upstream told.
        tokens: Option<(u64, u64)>,
    },
    /// The call failed, at once or in the middle.
    Failed {
        /// The status that a client would have got; 200 where the answer had begun.
        status: u16,
        /// The OpenAI-shaped error, as JSON text for people to read.
        error: String,
        /// Every attempt.
        attempts: Vec<AttemptRecord>,
        /// The whole time, in milliseconds.
        ms: f64,
    },
}
