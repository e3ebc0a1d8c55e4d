//! Request bodies of router calls.

use serde_json::json;

use super::Labels;
use crate::domain::routing::decision::RouterMessage;

/// Maximum tokens of an answer: a label is a few, and reasoning should be short.
pub const ANSWER_TOKENS: u64 = 128;

/// The request body: temperature 0, few tokens, no stream. `schema` restricts the answer to the labels by a JSON
/// schema; the caller retries without it if the upstream refuses that.
pub fn request_body(model: &str, messages: &[RouterMessage], labels: &Labels, schema: bool) -> Vec<u8> {
    let mut body = json!({
        "model": model,
        "messages": messages,
        "temperature": 0,
        "max_tokens": ANSWER_TOKENS,
        "stream": false,
    });
    if schema {
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
