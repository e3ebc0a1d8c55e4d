//! An error of this server, for the envelopes of the APIs.

use serde::Serialize;
use serde_json::json;

use crate::domain::routing::decision::AttemptRecord;

/// The parts of an error.
#[derive(Clone, Copy, Debug)]
pub struct ApiError<'a> {
    /// HTTP status.
    pub status: u16,
    /// A sentence for people.
    pub message: &'a str,
    /// The error type of OpenAI's API.
    pub kind: &'a str,
    /// The invalid member or header.
    pub param: Option<&'a str>,
    /// The code of the contract.
    pub code: &'a str,
    /// The attempts, if the error lists them.
    pub attempts: Option<&'a [AttemptRecord]>,
}

impl ApiError<'_> {
    /// The error object of OpenAI's APIs.
    pub(super) fn openai_object(&self) -> String {
        #[derive(Serialize)]
        struct ErrorObject<'a> {
            message: &'a str,
            #[serde(rename = "type")]
            kind: &'a str,
            param: Option<&'a str>,
            code: &'a str,
            #[serde(skip_serializing_if = "Option::is_none")]
            attempts: Option<&'a [AttemptRecord]>,
        }
        let Self { message, kind, param, code, attempts, .. } = *self;
        serde_json::to_string(&ErrorObject { message, kind, param, code, attempts }).unwrap_or_default()
    }

    /// The error object of Anthropic's API, with our code and attempts beside its own members.
    pub(super) fn anthropic_object(&self) -> String {
        let kind = match self.status {
            400 | 409 | 415 | 422 => "invalid_request_error",
            401 => "authentication_error",
            402 => "billing_error",
            403 => "permission_error",
            404 | 405 => "not_found_error",
            413 => "request_too_large",
            429 => "rate_limit_error",
            504 => "timeout_error",
            529 => "overloaded_error",
            _ => "api_error",
        };
        let mut object = json!({ "type": kind, "message": self.message, "code": self.code });
        if let Some(attempts) = self.attempts {
            object["attempts"] = json!(attempts);
        }
        object.to_string()
    }
}
