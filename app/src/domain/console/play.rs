//! A call made from the playground, and what comes back of it, event by event.

use serde::{Deserialize, Serialize};

use crate::domain::routing::decision::{AttemptRecord, Decision};

/// A call that is to be decided about and not made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DryRun {
    /// The whole `/v1` body, as it was received.
    pub body: Vec<u8>,
    /// The route to force; absent, empty or `auto` means automatic.
    pub route: Option<String>,
}

/// What the playground's form sends.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PlayCall {
    /// The balancer's id.
    pub balancer_id: String,
    /// The route to force; absent or empty means automatic.
    #[serde(default)]
    pub route: Option<String>,
    /// The whole `/v1` body as JSON text, `model` included.
    pub body: String,
}

/// One piece of what comes back. The decision comes first, `Done` or `Failed` last.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
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
