//! Which APIs an instance speaks, as far as is known.

use serde::{Deserialize, Serialize};

use crate::domain::api::Api;

/// Whether an instance speaks an API.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum SpeaksApi {
    /// It does.
    Yes,
    /// It does not.
    No,
    /// Nothing tells.
    #[default]
    Unknown,
}

impl SpeaksApi {
    /// What the status of an answer to an empty request tells: a server that asks for more knows the path.
    pub fn from_status(status: u16) -> Self {
        match status {
            404 | 405 | 501 => Self::No,
            400 | 422 => Self::Yes,
            _ => Self::Unknown,
        }
    }
}

impl From<Option<bool>> for SpeaksApi {
    fn from(speaks: Option<bool>) -> Self {
        match speaks {
            Some(true) => Self::Yes,
            Some(false) => Self::No,
            None => Self::Unknown,
        }
    }
}

/// The APIs that an instance speaks, as far as is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct SpokenApis {
    /// `POST …/chat/completions`.
    pub chat_completions: SpeaksApi,
    /// `POST …/completions`.
    pub completions: SpeaksApi,
    /// `POST …/responses`.
    pub responses: SpeaksApi,
    /// `POST …/messages`.
    pub messages: SpeaksApi,
    /// `POST …/embeddings`.
    pub embeddings: SpeaksApi,
}

impl SpokenApis {
    /// What is known of each API.
    pub fn of(speaks: impl Fn(Api) -> SpeaksApi) -> Self {
        Self {
            chat_completions: speaks(Api::ChatCompletions),
            completions: speaks(Api::Completions),
            responses: speaks(Api::Responses),
            messages: speaks(Api::Messages),
            embeddings: speaks(Api::Embeddings),
        }
    }

    /// Each API with what is known of it.
    pub fn all(&self) -> [(Api, SpeaksApi); 5] {
        [
            (Api::ChatCompletions, self.chat_completions),
            (Api::Completions, self.completions),
            (Api::Responses, self.responses),
            (Api::Messages, self.messages),
            (Api::Embeddings, self.embeddings),
        ]
    }
}

/// What calls to an instance taught about the APIs that it speaks. An API of which nothing was learned is left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct LearnedApis {
    /// `POST …/chat/completions`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chat_completions: Option<SpeaksApi>,
    /// `POST …/completions`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub completions: Option<SpeaksApi>,
    /// `POST …/responses`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub responses: Option<SpeaksApi>,
    /// `POST …/messages`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub messages: Option<SpeaksApi>,
}

impl LearnedApis {
    /// What was learned of each API; `speaks` is `None` for nothing.
    pub fn of(speaks: impl Fn(Api) -> Option<bool>) -> Self {
        let learned = |api| speaks(api).map(|it| SpeaksApi::from(Some(it)));
        Self {
            chat_completions: learned(Api::ChatCompletions),
            completions: learned(Api::Completions),
            responses: learned(Api::Responses),
            messages: learned(Api::Messages),
        }
    }

    /// What was learned as a sentence; `None` for nothing.
    pub fn words(&self) -> Option<String> {
        let all = [
            (Api::ChatCompletions, self.chat_completions),
            (Api::Completions, self.completions),
            (Api::Responses, self.responses),
            (Api::Messages, self.messages),
        ];
        let named = |wanted| {
            let names: Vec<_> = all.iter().filter(|it| it.1 == Some(wanted)).map(|it| it.0.title()).collect();
            (!names.is_empty()).then(|| names.join(", "))
        };
        let spoken = named(SpeaksApi::Yes).map(|it| format!("it speaks {it}"));
        let unspoken = named(SpeaksApi::No).map(|it| format!("it does not speak {it}"));
        let parts: Vec<_> = spoken.into_iter().chain(unspoken).collect();
        (!parts.is_empty()).then(|| format!("Learned from calls: {}.", parts.join("; ")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_learned_is_shown() {
        let learned = LearnedApis::of(|api| match api {
            Api::ChatCompletions => Some(true),
            Api::Responses | Api::Messages => Some(false),
            _ => None,
        });
        let shown = serde_json::json!({ "chat_completions": "yes", "responses": "no", "messages": "no" });
        assert_eq!(serde_json::to_value(learned).ok(), Some(shown));
        let words = "Learned from calls: it speaks Chat completions; it does not speak Responses, Messages.";
        assert_eq!(learned.words().as_deref(), Some(words));
        assert_eq!(LearnedApis::default().words(), None);
    }

    #[test]
    fn an_empty_request_tells_whether_a_path_is_served() {
        let of = SpeaksApi::from_status;
        assert!([404, 405, 501].map(of).iter().all(|it| *it == SpeaksApi::No));
        assert!([400, 422].map(of).iter().all(|it| *it == SpeaksApi::Yes));
        assert!([200, 401, 403, 429, 500, 503].map(of).iter().all(|it| *it == SpeaksApi::Unknown));
    }
}
