//! The paths of the APIs, on `/v1` and below the base URL of an instance alike.

use super::Api;

/// A path that is called.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Endpoint {
    /// `chat/completions`.
    #[default]
    ChatCompletions,
    /// `completions`.
    Completions,
    /// `responses`.
    Responses,
    /// `responses/input_tokens`: counts the tokens of an input.
    InputTokens,
    /// `responses/compact`: shortens a conversation.
    Compact,
    /// `responses/{id}` and what is below it: a response that an instance has made.
    StoredResponse,
    /// `messages`.
    Messages,
    /// `messages/count_tokens`.
    CountTokens,
    /// `embeddings`.
    Embeddings,
    /// `systemone`: a question to a decision model. Only router calls go there.
    SystemOne,
    /// `decisions`: the same in another form.
    Decisions,
}

impl Endpoint {
    /// Number of paths, those that only router calls go to included.
    pub const COUNT: usize = Self::ALL.len() + Self::DECISIONS.len();

    /// The paths that only router calls go to. Their numbers follow those of [`Self::ALL`].
    pub const DECISIONS: [Self; 2] = [Self::SystemOne, Self::Decisions];

    /// The paths that clients call, in the order of the documentation. The position of each is its number.
    pub const ALL: [Self; 9] = [
        Self::ChatCompletions,
        Self::Completions,
        Self::Responses,
        Self::InputTokens,
        Self::Compact,
        Self::StoredResponse,
        Self::Messages,
        Self::CountTokens,
        Self::Embeddings,
    ];

    /// The path that calls of an API go to.
    pub fn of(api: Api) -> Self {
        match api {
            Api::ChatCompletions => Self::ChatCompletions,
            Api::Completions => Self::Completions,
            Api::Responses => Self::Responses,
            Api::Messages => Self::Messages,
            Api::Embeddings => Self::Embeddings,
        }
    }

    /// The API that it belongs to.
    pub fn api(self) -> Api {
        match self {
            // A decision has no API of its own; its errors are shaped as those of chat completions.
            Self::ChatCompletions | Self::SystemOne | Self::Decisions => Api::ChatCompletions,
            Self::Completions => Api::Completions,
            Self::Responses | Self::InputTokens | Self::Compact | Self::StoredResponse => Api::Responses,
            Self::Messages | Self::CountTokens => Api::Messages,
            Self::Embeddings => Api::Embeddings,
        }
    }

    /// The path below a base URL; of a stored response the part before its id.
    pub fn path(self) -> &'static str {
        match self {
            Self::InputTokens => "responses/input_tokens",
            Self::Compact => "responses/compact",
            Self::CountTokens => "messages/count_tokens",
            Self::SystemOne => "systemone",
            Self::Decisions => "decisions",
            _ => self.api().rules().path(),
        }
    }

    /// Whether it prepares a call and makes no answer. Such calls ask no router model and are no client traffic.
    pub fn is_preparation(self) -> bool {
        matches!(self, Self::InputTokens | Self::Compact | Self::CountTokens)
    }

    /// Whether an instance may turn out not to serve it. Chat completions and embeddings are what the kind of an
    /// instance promises, and a stored response says nothing about a path.
    pub fn is_optional(self) -> bool {
        !matches!(
            self,
            Self::ChatCompletions
                | Self::Embeddings
                | Self::StoredResponse
                | Self::SystemOne
                | Self::Decisions
        )
    }
}
