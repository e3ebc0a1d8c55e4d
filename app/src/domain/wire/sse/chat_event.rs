//! The meaning of an event in a chat stream for the relay: content, end, or error. Unknown events are passed on.

use serde::de::IgnoredAny;

use super::Event;
use crate::domain::wire::raw_json;

/// Properties of an event. It may have several; an unknown event has none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ChatEvent {
    /// Contains a part of the answer: text, reasoning, a refusal, a tool call, audio.
    pub content: bool,
    /// Contains a finish reason.
    pub finish: bool,
    /// Is an error.
    pub error: bool,
    /// Is `[DONE]`.
    pub done: bool,
    /// Tokens of prompt and answer.
    pub usage: Option<(u64, u64)>,
}

/// Parses an event.
pub fn parse_chat_event(event: &Event<'_>) -> ChatEvent {
    if event.data.trim_ascii() == b"[DONE]" {
        return ChatEvent { done: true, ..ChatEvent::default() };
    }
    let error = event.name == b"error";
    if event.cut {
        // Too large to parse, and only content is that large.
        return ChatEvent { content: !error, error, ..ChatEvent::default() };
    }
    let Some(chunk) = std::str::from_utf8(event.data).ok().filter(|it| is_json(it)) else {
        return ChatEvent { error, ..ChatEvent::default() };
    };
    let mut parsed = ChatEvent { error, ..ChatEvent::default() };
    for member in raw_json::members(chunk) {
        if member.is("error") {
            parsed.error |= !raw_json::is_null(member.value);
        } else if member.is("usage") {
            parsed.usage = usage(member.value);
        } else if member.is("choices") {
            for choice in raw_json::elements(member.value) {
                read_choice(choice, &mut parsed);
            }
        }
    }
    parsed
}

/// Tokens of prompt and answer, from a raw `usage` object.
pub fn usage(value: &str) -> Option<(u64, u64)> {
    let count = |name| raw_json::member(value, name).and_then(|it| it.trim().parse().ok());
    let prompt = count("prompt_tokens");
    let completion = count("completion_tokens");
    (prompt.is_some() || completion.is_some()).then(|| (prompt.unwrap_or(0), completion.unwrap_or(0)))
}

fn read_choice(choice: &str, parsed: &mut ChatEvent) {
    for member in raw_json::members(choice) {
        if member.is("finish_reason") {
            parsed.finish |= !raw_json::is_null(member.value);
        } else if member.is("delta") || member.is("message") {
            let holds_content = |it: raw_json::Member<'_>| !it.is("role") && !is_hollow(it.value);
            parsed.content |= raw_json::members(member.value).any(holds_content);
        } else if member.is("text") {
            parsed.content |= !is_hollow(member.value);
        }
    }
}

/// Whether a value is null or an empty string, list or object.
fn is_hollow(value: &str) -> bool {
    matches!(value.trim(), "null" | "\"\"" | "[]" | "{}")
}

fn is_json(text: &str) -> bool {
    serde_json::from_str::<IgnoredAny>(text).is_ok()
}
