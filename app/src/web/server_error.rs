//! The unexpected end of a server function. It carries no inner detail: its text may come back in an address.

use leptos::server_fn::{
    Bytes,
    codec::JsonEncoding,
    error::{FromServerFnError, ServerFnErrorErr},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Why a server function did not answer. Anything that people can expect is a [`crate::refusal::Refusal`] instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum ServerError {
    /// The server did not answer.
    #[error("The server cannot be reached. Check the connection and try again.")]
    Unreachable,
    /// What answered is not this server, or is another release of it.
    #[error("The answer cannot be read. Load the page again and try once more.")]
    Unreadable,
    /// The session is over.
    #[error("You are signed out. Sign in and try again.")]
    SignedOut,
    /// The role does not take it.
    #[error("Your role does not allow this, and nothing was done. An admin can give you another role.")]
    Forbidden,
    /// The store cannot read or write now.
    #[error("The store is not available now; nothing was changed. Try again.")]
    StoreUnavailable,
    /// The form or page was of another release, or was changed on its way.
    #[error("The server did not understand this page. Load it again and try once more.")]
    Misread,
    /// Something failed inside the server; its log says what.
    #[error("Something failed inside the server. Its log says what; nothing was changed.")]
    Inside,
}

impl FromServerFnError for ServerError {
    type Encoder = JsonEncoding;

    fn from_server_fn_error(value: ServerFnErrorErr) -> Self {
        match value {
            ServerFnErrorErr::Request(_) => Self::Unreachable,
            ServerFnErrorErr::Deserialization(_) => Self::Unreadable,
            ServerFnErrorErr::Args(_)
            | ServerFnErrorErr::MissingArg(_)
            | ServerFnErrorErr::Serialization(_)
            | ServerFnErrorErr::UnsupportedRequestMethod(_) => Self::Misread,
            _ => Self::Inside,
        }
    }

    fn de(data: Bytes) -> Self {
        let body: Value = serde_json::from_slice(&data).unwrap_or_default();
        // What stands before the server functions answers in the envelope of REST. A derived reader would be a second
        // one of everything in the WebAssembly.
        match body.pointer("/error/code").unwrap_or(&body).as_str() {
            Some("unauthenticated" | "signed_out") => Self::SignedOut,
            Some("permission_denied" | "forbidden") => Self::Forbidden,
            Some("store_unavailable") => Self::StoreUnavailable,
            Some("unreachable") => Self::Unreachable,
            Some("misread") => Self::Misread,
            Some("inside") => Self::Inside,
            _ => Self::Unreadable,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_guards_answer_is_told_apart_from_a_lost_connection() {
        let read = |body: &'static str| ServerError::de(Bytes::from_static(body.as_bytes()));
        let envelope = r#"{"error":{"code":"permission_denied","message":"This takes the role of an editor.","fields":[]}}"#;
        assert_eq!(read(envelope), ServerError::Forbidden);
        assert_eq!(read(r#"{"error":{"code":"unauthenticated"}}"#), ServerError::SignedOut);
        assert_eq!(read(r#"{"error":{"code":"something_new"}}"#), ServerError::Unreadable);
        assert_eq!(read("<html>502 Bad DataPlane</html>"), ServerError::Unreadable);
        let own = [
            ServerError::Unreachable,
            ServerError::Unreadable,
            ServerError::SignedOut,
            ServerError::Forbidden,
            ServerError::StoreUnavailable,
            ServerError::Misread,
            ServerError::Inside,
        ];
        for error in own {
            assert_eq!(ServerError::de(error.ser()), error);
        }
    }
}
