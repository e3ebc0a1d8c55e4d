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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_request_tells_whether_a_path_is_served() {
        let of = SpeaksApi::from_status;
        assert!([404, 405, 501].map(of).iter().all(|it| *it == SpeaksApi::No));
        assert!([400, 422].map(of).iter().all(|it| *it == SpeaksApi::Yes));
        assert!([200, 401, 403, 429, 500, 503].map(of).iter().all(|it| *it == SpeaksApi::Unknown));
    }
}
