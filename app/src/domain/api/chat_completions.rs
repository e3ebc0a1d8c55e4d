//! Chat completions: `POST /v1/chat/completions`.

use std::borrow::Cow;

use serde_json::{Value, json};

use super::{Rules, StreamFacts, answer::AnswerFacts, choices};
use crate::domain::{
    routing::call::{CallText, TextReader},
    wire::{body::RequestFields, raw_json, sse::Event},
};

pub(super) struct ChatCompletions;

impl Rules for ChatCompletions {
    fn path(&self) -> &'static str {
        "chat/completions"
    }

    fn missing_member(&self, fields: &RequestFields<'_>) -> Option<&'static str> {
        fields.messages.is_none().then_some("messages")
    }

    fn call_text(&self, fields: &RequestFields<'_>, key: u64) -> CallText {
        let mut reader = TextReader::new(key);
        for message in fields.messages.into_iter().flat_map(raw_json::elements) {
            let (mut role, mut content) = (None, None);
            for member in raw_json::members(message) {
                if member.is("role") {
                    role = raw_json::text(member.value);
                } else if member.is("content") {
                    content = Some(member.value);
                }
            }
            let role = role.unwrap_or_default();
            let content = content.unwrap_or_default();
            match &*role {
                "system" | "developer" => reader.system(&role, content),
                "user" => reader.user(content),
                "tool" | "function" => reader.tool_result(&role, content),
                _ => reader.other(&role, content),
            }
        }
        reader.finish()
    }

    fn observe(&self, event: &Event<'_>, facts: &mut StreamFacts) {
        choices::observe(event, facts);
    }

    fn is_complete_without_terminal_event(&self, facts: &StreamFacts) -> bool {
        choices::all_finished(facts)
    }

    fn read_answer<'a>(&self, body: &'a str) -> AnswerFacts<'a> {
        choices::read_answer(body)
    }

    fn text_delta(&self, event: &str) -> Option<String> {
        text_of(event, "delta")
    }

    fn answer_text(&self, body: &str) -> Option<String> {
        text_of(body, "message")
    }

    fn sample_body(&self, model: Option<&str>, prompt: &str, max_tokens: u64) -> Value {
        json!({ "model": model, "messages": [{ "role": "user", "content": prompt }], "max_tokens": max_tokens })
    }
}

/// The text of the first choice's message or delta.
fn text_of(object: &str, message: &str) -> Option<String> {
    let choice = raw_json::elements(raw_json::member(object, "choices")?).next()?;
    let content = raw_json::member(raw_json::member(choice, message)?, "content")?;
    raw_json::text(content).map(Cow::into_owned)
}
