//! The APIs of a model server, with the path of each.

use serde::Serialize;

/// An API that answers from a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Api {
    ChatCompletions,
    /// The completions of a bare prompt.
    Completions,
    Responses,
    /// Anthropic's Messages.
    Messages,
    Embeddings,
    /// Closed questions with probabilities, several at once by name.
    SystemOne,
    /// Closed questions with probabilities, as OpenAI shapes them.
    Decisions,
}

impl Api {
    const ALL: [Self; 7] = [
        Self::ChatCompletions,
        Self::Completions,
        Self::Responses,
        Self::Messages,
        Self::Embeddings,
        Self::SystemOne,
        Self::Decisions,
    ];

    /// The path below a base URL.
    pub(crate) const fn path(self) -> &'static str {
        match self {
            Self::ChatCompletions => "/chat/completions",
            Self::Completions => "/completions",
            Self::Responses => "/responses",
            Self::Messages => "/messages",
            Self::Embeddings => "/embeddings",
            Self::SystemOne => "/systemone",
            Self::Decisions => "/decisions",
        }
    }

    /// The API that a path belongs to, its subordinate paths included, such as `/v1/messages/count_tokens`.
    pub(crate) fn of_path(path: &str) -> Option<Self> {
        // The longer of two paths comes first in the list.
        Self::ALL.into_iter().find(|api| {
            path.split_once(api.path()).is_some_and(|(_, rest)| rest.is_empty() || rest.starts_with('/'))
        })
    }

    /// The API that a fault's argument names.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "chat" => Self::ChatCompletions,
            "completions" => Self::Completions,
            "responses" => Self::Responses,
            "messages" => Self::Messages,
            "embeddings" => Self::Embeddings,
            "systemone" => Self::SystemOne,
            "decisions" => Self::Decisions,
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_belongs_to_one_api() {
        for (path, api) in [
            ("/v1/chat/completions", Some(Api::ChatCompletions)),
            ("/any/prefix/v1/completions", Some(Api::Completions)),
            ("/v1/responses/resp_1/cancel", Some(Api::Responses)),
            ("/v1/messages/count_tokens", Some(Api::Messages)),
            ("/v1/embeddings", Some(Api::Embeddings)),
            ("/v1/systemone", Some(Api::SystemOne)),
            ("/v1/responsesx", None),
            ("/v1/models", None),
        ] {
            assert_eq!(Api::of_path(path), api, "{path}");
        }
    }
}
