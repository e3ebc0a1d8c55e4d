//! What one event of a chat stream means for the relay: content, the end, an error. Lenient: what is not understood
//! means nothing and passes.

use serde::de::IgnoredAny;

use super::Event;
use crate::domain::wire::raw_json;

/// What an event says. One event may say several things; one that says nothing known passes as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Meaning {
    /// It carries a part of the answer: text, reasoning, a refusal, a tool call, audio.
    pub content: bool,
    /// It names a finish reason.
    pub finish: bool,
    /// It is an error.
    pub error: bool,
    /// It is `[DONE]`.
    pub done: bool,
    /// Tokens of the prompt and of the answer.
    pub usage: Option<(u64, u64)>,
}

impl Meaning {
    /// Whether an answer may end here without having broken off.
    pub fn is_terminal(&self) -> bool {
        self.finish || self.done
    }
}

/// Reads an event.
pub fn meaning(event: &Event<'_>) -> Meaning {
    if event.data.trim_ascii() == b"[DONE]" {
        return Meaning { done: true, ..Meaning::default() };
    }
    let error = event.name == b"error";
    if event.cut {
        // Too large to read, and nothing but an answer's content is that large.
        return Meaning { content: !error, error, ..Meaning::default() };
    }
    let Some(chunk) = std::str::from_utf8(event.data).ok().filter(|it| is_json(it)) else {
        return Meaning { error, ..Meaning::default() };
    };
    let mut meaning = Meaning { error, ..Meaning::default() };
    for member in raw_json::members(chunk) {
        if member.is("error") {
            meaning.error |= !raw_json::is_null(member.value);
        } else if member.is("usage") {
            meaning.usage = usage(member.value);
        } else if member.is("choices") {
            for choice in raw_json::elements(member.value) {
                read_choice(choice, &mut meaning);
            }
        }
    }
    meaning
}

/// Tokens of the prompt and of the answer, from a `usage` object as written.
pub fn usage(value: &str) -> Option<(u64, u64)> {
    let count = |name| raw_json::member(value, name).and_then(|it| it.trim().parse().ok());
    let prompt = count("prompt_tokens");
    let completion = count("completion_tokens");
    (prompt.is_some() || completion.is_some()).then(|| (prompt.unwrap_or(0), completion.unwrap_or(0)))
}

fn read_choice(choice: &str, meaning: &mut Meaning) {
    for member in raw_json::members(choice) {
        if member.is("finish_reason") {
            meaning.finish |= !raw_json::is_null(member.value);
        } else if member.is("delta") || member.is("message") {
            let holds_content = |it: raw_json::Member<'_>| !it.is("role") && !is_hollow(it.value);
            meaning.content |= raw_json::members(member.value).any(holds_content);
        } else if member.is("text") {
            meaning.content |= !is_hollow(member.value);
        }
    }
}

/// Whether a value holds nothing: null, no text, an empty list or object.
fn is_hollow(value: &str) -> bool {
    matches!(value.trim(), "null" | "\"\"" | "[]" | "{}")
}

fn is_json(text: &str) -> bool {
    serde_json::from_str::<IgnoredAny>(text).is_ok()
}
