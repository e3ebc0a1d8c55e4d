//! The endpoints, by method and path below any prefix.

use crate::api::Api;

/// What a request asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Endpoint<'a> {
    /// An answer of a model.
    Generation(Api),
    Counting(Counting),
    /// A Response that was made before.
    Stored {
        id: &'a str,
        action: StoredAction,
    },
    Models,
    Unknown,
}

/// A call that prepares an answer without generating one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Counting {
    /// The tokens of a Messages request.
    MessageTokens,
    /// The tokens of a Responses request.
    InputTokens,
    /// A shorter form of a Responses conversation.
    Compaction,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StoredAction {
    Read,
    Delete,
    Cancel,
    ListInput,
}

impl<'a> Endpoint<'a> {
    pub(super) fn of(method: &str, path: &'a str) -> Self {
        if method == "GET" && path.ends_with("/models") {
            return Self::Models;
        }
        let Some(api) = Api::of_path(path) else {
            return Self::Unknown;
        };
        let below = path.split_once(api.path()).map_or("", |(_, below)| below);
        match (api, method, below) {
            (api, "POST", "") => Self::Generation(api),
            (Api::Messages, "POST", "/count_tokens") => Self::Counting(Counting::MessageTokens),
            (Api::Responses, "POST", "/input_tokens") => Self::Counting(Counting::InputTokens),
            (Api::Responses, "POST", "/compact") => Self::Counting(Counting::Compaction),
            (Api::Responses, method, id) => Self::stored(method, id.trim_start_matches('/')),
            _ => Self::Unknown,
        }
    }

    fn stored(method: &str, below: &'a str) -> Self {
        let (id, rest) = below.split_once('/').unwrap_or((below, ""));
        let action = match (method, rest) {
            ("GET", "") => StoredAction::Read,
            ("DELETE", "") => StoredAction::Delete,
            ("POST", "cancel") => StoredAction::Cancel,
            ("GET", "input_items") => StoredAction::ListInput,
            _ => return Self::Unknown,
        };
        Self::Stored { id, action }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoints_are_told_by_method_and_path() {
        for (method, path, endpoint) in [
            ("POST", "/v1/chat/completions", Endpoint::Generation(Api::ChatCompletions)),
            ("POST", "/v1/responses", Endpoint::Generation(Api::Responses)),
            ("POST", "/v1/responses/compact", Endpoint::Counting(Counting::Compaction)),
            ("GET", "/v1/responses/a", Endpoint::Stored { id: "a", action: StoredAction::Read }),
            ("POST", "/v1/responses/a/cancel", Endpoint::Stored { id: "a", action: StoredAction::Cancel }),
            ("POST", "/v1/responses/a", Endpoint::Unknown),
            ("GET", "/v1/messages", Endpoint::Unknown),
            ("POST", "/v1/messages/x", Endpoint::Unknown),
            ("GET", "/v1/models", Endpoint::Models),
        ] {
            assert_eq!(Endpoint::of(method, path), endpoint, "{method} {path}");
        }
    }
}
