//! The requests of the report.

use hyper::{Method, header::HeaderValue};

use super::row::{CallKind, Row, Step};
use crate::api::Api;

/// The header that callers of Messages send, and its value.
pub(super) const VERSION: (&str, HeaderValue) = ("anthropic-version", HeaderValue::from_static("2023-06-01"));
/// An id that no upstream has made.
const UNKNOWN_RESPONSE: &str = "resp_unknown";

/// A request without its credential.
#[derive(Debug)]
pub(super) struct PlannedRequest {
    pub(super) method: Method,
    /// The path below the base URL.
    pub(super) path: String,
    pub(super) body: String,
    /// The body with the model of the first upstream.
    pub(super) expected_body: String,
}

impl PlannedRequest {
    /// The request of a step. Its text contains `mark`, and `response` is the id of the response made last.
    pub(super) fn new(row: &Row, step: &Step, mark: &str, response: Option<&str>) -> Self {
        let api = api(row, step.call);
        if step.call.reads() {
            let id = if step.call == CallKind::Read { response } else { None };
            let path = format!("{}/{}", api.path(), id.unwrap_or(UNKNOWN_RESPONSE));
            return Self { method: Method::GET, path, body: String::new(), expected_body: String::new() };
        }
        let below = match (step.call, api) {
            (CallKind::Count, Api::Messages) => "/count_tokens",
            (CallKind::Count, _) => "/input_tokens",
            _ => "",
        };
        let body = |model: &str| body(row, step, model, mark, response);
        Self {
            method: Method::POST,
            path: format!("{}{below}", api.path()),
            body: body(&row.gateway_model()),
            expected_body: body(row.upstream_model),
        }
    }
}

fn api(row: &Row, call: CallKind) -> Api {
    match (call, row.api) {
        (CallKind::OtherEndpoint, Api::Embeddings) => Api::ChatCompletions,
        (CallKind::OtherEndpoint, _) => Api::Embeddings,
        (_, api) => api,
    }
}

fn body(row: &Row, step: &Step, model: &str, mark: &str, response: Option<&str>) -> String {
    let text = format!("{mark} {}{}", step.text, "x".repeat(row.text));
    let input = match api(row, step.call) {
        Api::ChatCompletions => format!(r#""messages":[{{"role":"user","content":"{text}"}}]"#),
        Api::Completions => format!(r#""prompt":"{text}""#),
        Api::Responses => format!(r#""input":"{text}""#),
        Api::Messages if step.call == CallKind::Count => {
            format!(r#""messages":[{{"role":"user","content":"{text}"}}]"#)
        }
        Api::Messages => format!(r#""max_tokens":64,"messages":[{{"role":"user","content":"{text}"}}]"#),
        Api::Embeddings | Api::SystemOne | Api::Decisions => {
            format!(r#""input":["{text}","and another"]"#)
        }
    };
    let form = match step.call {
        CallKind::Stream => format!(r#","stream":true{}"#, row.extra_stream_fields),
        CallKind::Base64 => r#","encoding_format":"base64""#.to_owned(),
        CallKind::Continuation | CallKind::UnknownContinuation => {
            let id = if step.call == CallKind::Continuation { response } else { None };
            format!(r#","previous_response_id":"{}""#, id.unwrap_or(UNKNOWN_RESPONSE))
        }
        _ => String::new(),
    };
    format!(r#"{{"model":"{model}",{input}{form}{}}}"#, row.extra_fields)
}
