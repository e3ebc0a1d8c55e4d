//! The fields of a chat request that the demo reads; others are ignored.

use app::domain::routing::decision::RouterMessage;
use serde::{Deserialize, de::IgnoredAny};

/// A chat request.
#[derive(Deserialize)]
pub(super) struct ChatRequest {
    pub(super) model: String,
    messages: Vec<Message>,
    stream: Option<bool>,
    stream_options: Option<StreamOptions>,
    max_tokens: Option<u64>,
    max_completion_tokens: Option<u64>,
    response_format: Option<ResponseFormat>,
}

#[derive(Deserialize)]
struct StreamOptions {
    include_usage: Option<bool>,
}

#[derive(Deserialize)]
struct ResponseFormat {
    #[serde(rename = "type")]
    kind: String,
}

#[derive(Deserialize)]
struct Message {
    role: String,
    content: Option<Content>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Content {
    Text(String),
    Parts(Vec<Part>),
    Other(IgnoredAny),
}

#[derive(Deserialize)]
struct Part {
    text: Option<String>,
}

impl Content {
    fn text(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Parts(parts) => {
                parts.iter().filter_map(|it| it.text.as_deref()).collect::<Vec<_>>().join("\n")
            }
            Self::Other(_) => String::new(),
        }
    }
}

impl ChatRequest {
    /// The messages, reduced to their text.
    pub(super) fn messages(&self) -> Vec<RouterMessage> {
        let text = |it: &Message| it.content.as_ref().map(Content::text).unwrap_or_default();
        self.messages.iter().map(|it| RouterMessage { role: it.role.clone(), content: text(it) }).collect()
    }

    /// Whether the answer is streamed.
    pub(super) fn is_streamed(&self) -> bool {
        self.stream.unwrap_or(false)
    }

    /// Whether a streamed answer ends with its usage.
    pub(super) fn wants_usage(&self) -> bool {
        self.stream_options.as_ref().and_then(|it| it.include_usage).unwrap_or(false)
    }

    /// Whether the answer follows a JSON schema.
    pub(super) fn wants_schema(&self) -> bool {
        self.response_format.as_ref().is_some_and(|it| it.kind == "json_schema")
    }

    /// Maximum number of tokens of the answer.
    pub(super) fn max_tokens(&self) -> usize {
        let max = self.max_completion_tokens.or(self.max_tokens).unwrap_or(u64::MAX);
        usize::try_from(max).unwrap_or(usize::MAX)
    }
}
