//! Reading of refusals: what an upstream that refuses a router request says it is about.
//!
//! Only what the upstream states about itself is read: names of parameters, codes and messages. Members that repeat
//! the request are skipped, because they name every field.

use serde_json::Value;

use super::shape::RequestPart;

/// Maximum length of a message that is read, in bytes.
const MESSAGE_BYTES: usize = 4 * 1024;
/// Maximum nesting of a refusal.
const DEPTH: usize = 6;

/// What a refusal is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RefusalCause {
    /// These parts of the request.
    Parts(Vec<RequestPart>),
    /// The prompt is too long.
    Length,
    /// The prompt's content.
    Content,
    /// One answer that went wrong, such as JSON that the model did not complete.
    Generation,
    /// JSON that is invalid, it doesn't say whose.
    Json,
    /// The upstream doesn't have the model.
    Model,
    /// It doesn't say.
    Unstated,
}

/// Members that name a parameter, or lead to it.
const PARAMETERS: [&str; 8] =
    ["param", "parameter", "field", "loc", "path", "keys", "instancePath", "additionalProperty"];
/// Members that hold a code.
const CODES: [&str; 4] = ["code", "type", "status", "reason"];
/// Members that hold text for people. `raw` is the refusal of a server behind the upstream.
const MESSAGES: [&str; 8] =
    ["message", "msg", "detail", "error", "title", "description", "error_message", "raw"];
/// Members that repeat the request.
const REPEATED: [&str; 5] = ["input", "request", "body", "ctx", "prompt"];

/// Names of each part in a `param` or in a message.
const NAMES: [(RequestPart, &[&str]); 4] = [
    (
        RequestPart::TokenField,
        &[
            "max_tokens",
            "max_completion_tokens",
            "max_output_tokens",
            "max_new_tokens",
            "maxtokens",
            "maxcompletiontokens",
            "maxoutputtokens",
        ],
    ),
    (RequestPart::Temperature, &["temperature"]),
    (
        RequestPart::Schema,
        &[
            "response_format",
            "response format",
            "responseformat",
            "response_schema",
            "responseschema",
            "json_schema",
            "json schema",
            "json_object",
            "json mode",
            "structured output",
            "structured_output",
            "guided_json",
            "guided decoding",
            "grammar",
        ],
    ),
    (
        RequestPart::SystemMessage,
        &[
            "system role",
            "system message",
            "system prompt",
            "system instruction",
            "developer instruction",
            "role system",
            "role 'system'",
            "role \"system\"",
            "role `system`",
            "support 'system'",
            "support \"system\"",
            "support `system`",
            "user and assistant roles",
            "must alternate",
            "got system",
            "got 'system'",
        ],
    ),
];

const CONTENT_CODES: [&str; 5] =
    ["content_filter", "content_policy", "responsibleaipolicyviolation", "moderation", "safety"];
const CONTENT_TEXTS: [&str; 9] = [
    "content management policy",
    "content filter",
    "content_filter",
    "content policy",
    "safety system",
    "flagged",
    "moderation",
    "usage polic",
    "guardrail",
];
const LENGTH_CODES: [&str; 5] = [
    "context_length_exceeded",
    "exceed_context_size",
    "string_above_max_length",
    "request_too_large",
    "tokens_limit_reached",
];
const LENGTH_TEXTS: [&str; 11] = [
    "context length",
    "context_length",
    "context window",
    "context size",
    "maximum context",
    "too long",
    "too many tokens",
    "too many input tokens",
    "reduce the length",
    "maximum prompt length",
    "input length",
];
const GENERATION_CODES: [&str; 2] = ["json_validate_failed", "tool_use_failed"];
const GENERATION_TEXTS: [&str; 3] =
    ["failed to generate json", "failed to validate json", "failed_generation"];
const JSON_TEXTS: [&str; 3] = ["invalid json", "not valid json", "malformed json"];
const MODEL_CODES: [&str; 2] = ["model_not_found", "model_not_exist"];
const MODEL_TEXTS: [&str; 5] = ["does not exist", "not found", "not exist", "unknown model", "no such model"];

/// Reads the body of a refusal with this status.
pub fn refusal_cause(status: u16, body: &[u8]) -> RefusalCause {
    let statements = Statements::read(body);
    let parts = parts_in(&statements.parameters);
    if !parts.is_empty() {
        return RefusalCause::Parts(parts);
    }
    if statements.say(&GENERATION_CODES, &GENERATION_TEXTS) {
        return RefusalCause::Generation;
    }
    if statements.say(&CONTENT_CODES, &CONTENT_TEXTS) {
        return RefusalCause::Content;
    }
    if status == 413 || statements.say(&LENGTH_CODES, &LENGTH_TEXTS) {
        return RefusalCause::Length;
    }
    let parts = parts_in(&statements.messages);
    if !parts.is_empty() {
        return RefusalCause::Parts(parts);
    }
    let names_model = statements.messages.contains("model") && statements.say(&[], &MODEL_TEXTS);
    if names_model || statements.say(&MODEL_CODES, &[]) {
        return RefusalCause::Model;
    }
    if statements.say(&[], &JSON_TEXTS) {
        return RefusalCause::Json;
    }
    RefusalCause::Unstated
}

/// The parts named in a text in lower case.
fn parts_in(text: &str) -> Vec<RequestPart> {
    let named = NAMES.iter().filter(|(_, names)| names.iter().any(|name| text.contains(name)));
    named.map(|(part, _)| *part).collect()
}

/// What a refusal states, in lower case.
#[derive(Debug, Default)]
struct Statements {
    parameters: String,
    codes: String,
    messages: String,
}

impl Statements {
    fn read(body: &[u8]) -> Self {
        let mut statements = Self::default();
        match serde_json::from_slice::<Value>(body) {
            Ok(value) => statements.collect(&value, "", DEPTH),
            // Plain text, or JSON that was cut.
            Err(_) => statements.add_message(&String::from_utf8_lossy(body)),
        }
        statements
    }

    fn say(&self, codes: &[&str], texts: &[&str]) -> bool {
        codes.iter().any(|it| self.codes.contains(it)) || texts.iter().any(|it| self.messages.contains(it))
    }

    fn collect(&mut self, value: &Value, key: &str, depth: usize) {
        let Some(depth) = depth.checked_sub(1) else { return };
        match value {
            Value::Object(members) => {
                for (key, value) in members.iter().filter(|(key, _)| !REPEATED.contains(&key.as_str())) {
                    // Some validators list messages under the names of parameters.
                    if is_parameter(key) && (value.is_string() || value.is_array()) {
                        self.add_parameter(key);
                    }
                    self.collect(value, key, depth);
                }
            }
            Value::Array(elements) if PARAMETERS.contains(&key) => self.add_parameter(&path(elements)),
            Value::Array(elements) => elements.iter().for_each(|it| self.collect(it, key, depth)),
            Value::String(text) if PARAMETERS.contains(&key) => self.add_parameter(text),
            Value::String(text) => {
                if CODES.contains(&key) {
                    add(&mut self.codes, text);
                }
                // A bare string in a list is a message as well.
                if MESSAGES.contains(&key) || key.is_empty() {
                    self.add_message(text);
                }
            }
            _ => {}
        }
    }

    /// Adds a parameter's path. The role of a message is the system message's, because no other role is unusual.
    fn add_parameter(&mut self, path: &str) {
        add(&mut self.parameters, path);
        if path.trim_start_matches('/').starts_with("messages") && path.ends_with("role") {
            add(&mut self.parameters, "system role");
        }
    }

    fn add_message(&mut self, text: &str) {
        add(&mut self.messages, text);
    }
}

/// Whether it is the name of a parameter that is a part of the request.
fn is_parameter(name: &str) -> bool {
    NAMES.iter().any(|(_, names)| names.contains(&name))
}

/// A path as validators list it: `["body", "messages", 0, "role"]`.
fn path(elements: &[Value]) -> String {
    let name = |it: &Value| it.as_str().map_or_else(|| it.to_string(), str::to_owned);
    let names: Vec<String> = elements.iter().map(name).filter(|it| it != "body").collect();
    names.join(".")
}

/// Adds a text in lower case, up to [`MESSAGE_BYTES`] in all.
fn add(to: &mut String, text: &str) {
    let room = MESSAGE_BYTES.saturating_sub(to.len());
    let mut end = room.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    to.push_str(&text[..end].to_ascii_lowercase());
    to.push('\n');
}

#[cfg(test)]
mod tests;
