//! The unexpected end of a server function. It carries no inner detail: its text may come back in an address.

use leptos::server_fn::{
    codec::JsonEncoding,
    error::{FromServerFnError, ServerFnErrorErr},
};
use serde::{Deserialize, Serialize};

/// Why a server function did not answer. Anything that people can expect is a [`super::refusal::Refusal`] instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum ServerFault {
    /// The server did not answer, or not in a way that the page understands.
    #[error("The server did not answer as it should. Check the connection and try again.")]
    Unreachable,
    /// The form or page was of another release, or was changed on its way.
    #[error("The server did not understand this page. Load it again and try once more.")]
    Misread,
    /// Something failed inside the server; its log says what.
    #[error("Something failed inside the server. Its log says what; nothing was changed.")]
    Inside,
}

impl FromServerFnError for ServerFault {
    type Encoder = JsonEncoding;

    fn from_server_fn_error(value: ServerFnErrorErr) -> Self {
        match value {
            ServerFnErrorErr::Request(_) | ServerFnErrorErr::Deserialization(_) => Self::Unreachable,
            ServerFnErrorErr::Args(_)
            | ServerFnErrorErr::MissingArg(_)
            | ServerFnErrorErr::Serialization(_)
            | ServerFnErrorErr::UnsupportedRequestMethod(_) => Self::Misread,
            _ => Self::Inside,
        }
    }
}
