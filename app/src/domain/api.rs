//! The APIs that clients speak on `/v1`. Each is one module that implements [`Rules`], and nothing else knows how they
//! differ. Calls pass as they are: nothing is translated from one API to another.

mod answer;
mod chat_completions;
mod choices;
mod completions;
mod embeddings;
mod endpoint;
mod error;
mod messages;
mod responses;
mod stream;

pub use answer::AnswerFacts;
pub use embeddings::{LengthRequest, check as check_embeddings};
pub use endpoint::Endpoint;
pub use error::ApiError;
pub use stream::{StreamEnd, StreamFacts};

use serde::{Deserialize, Serialize};

use super::{
    config::instance::WorkloadKind,
    routing::call::CallText,
    wire::{body::RequestFields, sse::Event},
};

/// An API that clients speak.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Api {
    /// `POST /v1/chat/completions`.
    #[default]
    ChatCompletions,
    /// `POST /v1/completions`.
    Completions,
    /// `POST /v1/responses`, and the paths below it.
    Responses,
    /// `POST /v1/messages`, and the path below it.
    Messages,
    /// `POST /v1/embeddings`.
    Embeddings,
}

impl Api {
    /// All APIs, in the order of the documentation.
    pub const ALL: [Self; 5] =
        [Self::ChatCompletions, Self::Completions, Self::Responses, Self::Messages, Self::Embeddings];

    /// The name on the wire, in logs and in metrics.
    pub fn name(self) -> &'static str {
        match self {
            Self::ChatCompletions => "chat_completions",
            Self::Completions => "completions",
            Self::Responses => "responses",
            Self::Messages => "messages",
            Self::Embeddings => "embeddings",
        }
    }

    /// The name in sentences.
    pub fn title(self) -> &'static str {
        match self {
            Self::ChatCompletions => "Chat completions",
            Self::Completions => "Completions",
            Self::Responses => "Responses",
            Self::Messages => "Messages",
            Self::Embeddings => "Embeddings",
        }
    }

    /// The API with this name on the wire.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.name() == name)
    }

    /// The API that a body is meant for, told from its members, for a balancer of `kind`.
    pub fn of_body(fields: &RequestFields<'_>, kind: WorkloadKind) -> Self {
        match kind {
            WorkloadKind::Embeddings => Self::Embeddings,
            _ if fields.messages.is_some() => Self::ChatCompletions,
            _ if fields.input.is_some() => Self::Responses,
            _ if fields.prompt.is_some() => Self::Completions,
            _ => Self::ChatCompletions,
        }
    }

    /// The kind of balancer that serves it.
    pub fn workload_kind(self) -> WorkloadKind {
        match self {
            Self::Embeddings => WorkloadKind::Embeddings,
            _ => WorkloadKind::Chat,
        }
    }

    /// What is particular to it.
    pub fn rules(self) -> &'static dyn Rules {
        match self {
            Self::ChatCompletions => &chat_completions::ChatCompletions,
            Self::Completions => &completions::Completions,
            Self::Responses => &responses::Responses,
            Self::Messages => &messages::Messages,
            Self::Embeddings => &embeddings::Embeddings,
        }
    }
}

/// What is particular to one API.
pub trait Rules: Sync {
    /// The path of its calls, below a base URL.
    fn path(&self) -> &'static str;

    /// The member that a body must have and lacks, if there is one.
    fn missing_member(&self, fields: &RequestFields<'_>) -> Option<&'static str>;

    /// The text to classify, and whether the call continues a turn with tool results. `key` keys the hash of the
    /// turn.
    fn call_text(&self, fields: &RequestFields<'_>, key: u64) -> CallText;

    /// Adds what an event of a stream tells.
    fn observe(&self, event: &Event<'_>, facts: &mut StreamFacts);

    /// Whether a stream that ended without its terminal event is complete all the same.
    fn is_complete_without_terminal_event(&self, _facts: &StreamFacts) -> bool {
        false
    }

    /// What a plain answer tells. The body need not be valid JSON.
    fn read_answer<'a>(&self, body: &'a str) -> AnswerFacts<'a>;

    /// An error of ours as the JSON object that goes under `error`.
    fn error_object(&self, error: &ApiError<'_>) -> String {
        error.openai_object()
    }

    /// A body with this error object.
    fn error_body(&self, object: &str, _request_id: &str) -> String {
        format!("{{\"error\":{object}}}")
    }

    /// An event with this error object. `response_id` is the id in the stream so far, for APIs that have one.
    fn error_event(&self, object: &str, request_id: &str, _response_id: Option<&str>) -> String {
        format!("data: {}\n\n", self.error_body(object, request_id))
    }

    /// The text that an event adds to the answer, for the playground.
    fn text_delta(&self, event: &str) -> Option<String>;

    /// The text of a plain answer, for people.
    fn answer_text(&self, body: &str) -> Option<String>;

    /// A small call for tests of an instance or a route.
    fn sample_body(&self, model: Option<&str>, prompt: &str, max_tokens: u64) -> serde_json::Value;
}

#[cfg(test)]
mod tests;
