//! Completions, the API before chat: `POST /v1/completions`.

use std::borrow::Cow;

use serde_json::{Value, json};

use super::{Rules, StreamFacts, answer::AnswerFacts, choices};
use crate::domain::{
    routing::call::CallText,
    wire::{body::RequestFields, raw_json, sse::Event},
};

pub(super) struct Completions;

impl Rules for Completions {
    fn path(&self) -> &'static str {
        "completions"
    }

    fn missing_member(&self, fields: &RequestFields<'_>) -> Option<&'static str> {
        fields.prompt.is_none().then_some("prompt")
    }

    fn call_text(&self, fields: &RequestFields<'_>, _key: u64) -> CallText {
        CallText::of_first_text(fields.prompt.unwrap_or_default())
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
        text_of(event)
    }

    fn answer_text(&self, body: &str) -> Option<String> {
        text_of(body)
    }

    fn sample_body(&self, model: Option<&str>, prompt: &str, max_tokens: u64) -> Value {
        json!({ "model": model, "prompt": prompt, "max_tokens": max_tokens })
    }
}

/// The text of the first choice.
fn text_of(object: &str) -> Option<String> {
    let choice = raw_json::elements(raw_json::member(object, "choices")?).next()?;
    raw_json::text(raw_json::member(choice, "text")?).map(Cow::into_owned)
}
