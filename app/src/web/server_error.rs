//! Unexpected errors of server functions. They contain no internal details, because their text may appear in a URL.

use leptos::server_fn::{
    Bytes,
    codec::JsonEncoding,
    error::{FromServerFnError, ServerFnErrorErr},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// An unexpected error of a server function. Expected failures are a [`crate::refusal::Refusal`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum ServerError {
    /// The server did not answer.
    #[error("The server cannot be reached. Check the connection and try again.")]
    Unreachable,
    /// The answer is not from this server, or from another release of it.
    #[error("The server's answer cannot be read. Reload the page and try again.")]
    Unreadable,
    /// The session has ended.
    #[error("You are signed out. Sign in and try again.")]
    SignedOut,
    /// The role does not permit it.
    #[error("Your role does not allow this; nothing was changed. An admin can change your role.")]
    Forbidden,
    /// The store is unavailable.
    #[error("The store is unavailable; nothing was changed. Try again.")]
    StoreUnavailable,
    /// The request is from another release or was altered.
    #[error("The server did not understand this page. Reload it and try again.")]
    VersionMismatch,
    /// An internal error; details are in the server's log.
    #[error("Internal server error; nothing was changed. The server's log has the details.")]
    Internal,
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
            | ServerFnErrorErr::UnsupportedRequestMethod(_) => Self::VersionMismatch,
            _ => Self::Internal,
        }
    }

    fn de(data: Bytes) -> Self {
        let body: Value = serde_json::from_slice(&data).unwrap_or_default();
        // Middleware in front of server functions answers with REST errors. Reading only the code avoids a second
        // deserializer for all types in the WebAssembly.
        match body.pointer("/error/code").unwrap_or(&body).as_str() {
            Some("unauthenticated" | "signed_out") => Self::SignedOut,
            Some("permission_denied" | "forbidden") => Self::Forbidden,
            Some("store_unavailable") => Self::StoreUnavailable,
            Some("unreachable") => Self::Unreachable,
            Some("version_mismatch") => Self::VersionMismatch,
            Some("internal") => Self::Internal,
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
            ServerError::VersionMismatch,
            ServerError::Internal,
        ];
        for error in own {
            assert_eq!(ServerError::de(error.ser()), error);
        }
    }
}
