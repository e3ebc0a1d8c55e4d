//! Request bodies of router calls.

use std::borrow::Cow;

use serde_json::json;

use super::{
    Labels,
    shape::{RequestShape, TokenField},
};
use crate::domain::routing::decision::RouterMessage;

/// The request body: no stream, and what `shape` has of temperature 0, a limit of the answer, and a JSON schema that
/// restricts the answer to the labels.
pub fn request_body(
    model: &str,
    messages: &[RouterMessage],
    labels: &Labels,
    shape: RequestShape,
) -> Vec<u8> {
    let messages = if shape.merges_system { merge_system(messages) } else { Cow::Borrowed(messages) };
    let mut body = json!({ "model": model, "messages": messages, "stream": false });
    if !shape.omits_temperature {
        body["temperature"] = json!(0);
    }
    match shape.token_field {
        TokenField::MaxTokens => body["max_tokens"] = json!(shape.limit.tokens()),
        TokenField::MaxCompletionTokens => body["max_completion_tokens"] = json!(shape.limit.tokens()),
        TokenField::Absent => {}
    }
    if !shape.omits_schema {
        let all: Vec<&str> = labels.all().collect();
        body["response_format"] = json!({
            "type": "json_schema",
            "json_schema": {
                "name": "route",
                "strict": true,
                "schema": {
                    "type": "object",
                    "properties": { "route": { "type": "string", "enum": all } },
                    "required": ["route"],
                    "additionalProperties": false,
                },
            },
        });
    }
    body.to_string().into_bytes()
}

/// The messages with the system message at the beginning of the first user message.
fn merge_system(messages: &[RouterMessage]) -> Cow<'_, [RouterMessage]> {
    let [system, user, rest @ ..] = messages else { return Cow::Borrowed(messages) };
    if system.role != "system" || user.role != "user" {
        return Cow::Borrowed(messages);
    }
    let content = format!("{}\n\n{}", system.content, user.content);
    let mut merged = vec![RouterMessage { role: user.role.clone(), content }];
    merged.extend_from_slice(rest);
    Cow::Owned(merged)
}
