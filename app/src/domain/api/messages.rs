//! Messages, Anthropic's API: `POST /v1/messages`.

use std::borrow::Cow;

use serde_json::{Value, json};

use super::{
    ApiError, Rules, StreamFacts,
    answer::{self, AnswerFacts},
    stream::{is_json, object_in},
};
use crate::domain::{
    routing::call::{CallText, TextReader},
    wire::{body::RequestFields, raw_json, sse::Event},
};

pub(super) struct Messages;

impl Rules for Messages {
    fn path(&self) -> &'static str {
        "messages"
    }

    fn missing_member(&self, fields: &RequestFields<'_>) -> Option<&'static str> {
        fields.messages.is_none().then_some("messages")
    }

    fn call_text(&self, fields: &RequestFields<'_>, key: u64) -> CallText {
        let mut reader = TextReader::new(key);
        if let Some(system) = fields.system {
            reader.system("system", system);
        }
        for message in fields.messages.into_iter().flat_map(raw_json::elements) {
            let role = raw_json::member(message, "role").and_then(raw_json::text).unwrap_or_default();
            let content = raw_json::member(message, "content").unwrap_or_default();
            match &*role {
                // Tool results come as messages of the user.
                "user" if raw_json::elements(content).any(|it| is_kind(it, "tool_result")) => {
                    reader.tool_result(&role, content);
                }
                "user" => reader.user(content),
                _ => reader.other(&role, content),
            }
        }
        reader.finish()
    }

    fn observe(&self, event: &Event<'_>, facts: &mut StreamFacts) {
        if event.cut {
            facts.has_content = true;
            facts.has_text = true;
            return;
        }
        let Ok(data) = std::str::from_utf8(event.data).map(object_in) else { return };
        let kind = raw_json::member(data, "type").and_then(raw_json::text);
        let kind = kind.as_deref().or(std::str::from_utf8(event.name).ok()).unwrap_or_default();
        match kind {
            "content_block_delta" => {
                facts.has_content = true;
                facts.has_text = true;
            }
            "content_block_start" => {
                let block = raw_json::member(data, "content_block").unwrap_or_default();
                let has_text = !is_empty_block(block);
                facts.has_content |= has_text;
                facts.has_text |= has_text;
            }
            "message_start" => {
                let message = raw_json::member(data, "message").unwrap_or_default();
                add_usage(message, facts);
            }
            "message_delta" => {
                let delta = raw_json::member(data, "delta").unwrap_or_default();
                let reason = raw_json::member(delta, "stop_reason");
                facts.has_content |= reason.is_some_and(|it| !raw_json::is_null(it));
                add_usage(data, facts);
            }
            "message_stop" => facts.end_well(),
            _ if event.name == b"error" || kind == "error" => {
                let inner = raw_json::member(data, "error").filter(|it| !raw_json::is_null(it));
                facts.end_with_error(inner.unwrap_or(if is_json(data) { data } else { "" }));
            }
            _ => {
                if let Some(error) = raw_json::member(data, "error").filter(|it| !raw_json::is_null(it)) {
                    facts.end_with_error(error);
                }
            }
        }
    }

    fn read_answer<'a>(&self, body: &'a str) -> AnswerFacts<'a> {
        let mut facts = AnswerFacts { nothing: true, ..AnswerFacts::default() };
        let (mut error, mut is_error) = (None, false);
        for (at, member) in raw_json::members(body).enumerate() {
            if let Some(error) = AnswerFacts::of_leading_error(&member, at == 0) {
                return error;
            } else if member.is("type") {
                is_error = raw_json::text(member.value).as_deref() == Some("error");
            } else if member.is("error") {
                error = Some(member.value);
            } else if member.is("usage") {
                facts.usage = usage(member.value);
            } else if member.is("content") {
                facts.nothing = raw_json::is_null(member.value);
                facts.empty = !facts.nothing && raw_json::elements(member.value).all(is_empty_block);
            }
        }
        facts.error = is_error.then(|| error.unwrap_or_default());
        facts
    }

    fn error_object(&self, error: &ApiError<'_>) -> String {
        error.anthropic_object()
    }

    fn error_body(&self, object: &str, request_id: &str) -> String {
        format!("{{\"type\":\"error\",\"error\":{object},\"request_id\":{}}}", Value::from(request_id))
    }

    fn error_event(&self, object: &str, request_id: &str, _response_id: Option<&str>) -> String {
        format!("event: error\ndata: {}\n\n", self.error_body(object, request_id))
    }

    fn text_delta(&self, event: &str) -> Option<String> {
        let text = raw_json::member(raw_json::member(event, "delta")?, "text")?;
        raw_json::text(text).map(Cow::into_owned)
    }

    fn answer_text(&self, body: &str) -> Option<String> {
        let blocks = raw_json::elements(raw_json::member(body, "content")?);
        let text: String = blocks.filter_map(|it| raw_json::text(raw_json::member(it, "text")?)).collect();
        Some(text).filter(|it| !it.is_empty())
    }

    fn sample_body(&self, model: Option<&str>, prompt: &str, max_tokens: u64) -> Value {
        json!({ "model": model, "messages": [{ "role": "user", "content": prompt }], "max_tokens": max_tokens })
    }
}

/// Whether a content block is a text or a thought without words.
fn is_empty_block(block: &str) -> bool {
    ["text", "thinking"].into_iter().any(|kind| {
        is_kind(block, kind) && raw_json::member(block, kind).is_none_or(|it| it.trim() == "\"\"")
    })
}

fn is_kind(object: &str, kind: &str) -> bool {
    raw_json::member(object, "type").and_then(raw_json::text).is_some_and(|it| it == kind)
}

/// Adds the usage of an object. The counts of a stream come in two events, and the later one counts.
fn add_usage(object: &str, facts: &mut StreamFacts) {
    if let Some((prompt, answer)) = raw_json::member(object, "usage").and_then(usage) {
        let (earlier, _) = facts.usage.unwrap_or_default();
        facts.usage = Some((if prompt == 0 { earlier } else { prompt }, answer));
    }
}

fn usage(value: &str) -> Option<(u64, u64)> {
    answer::usage(value, "input_tokens", "output_tokens")
}
