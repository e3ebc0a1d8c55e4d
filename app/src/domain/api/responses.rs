//! Responses: `POST /v1/responses`, and the paths of stored responses.

use serde_json::{Value, json};

use super::{
    Rules, StreamFacts,
    answer::{self, AnswerFacts},
    stream::{is_hollow, is_json, object_in},
};
use crate::domain::{
    routing::call::{CallText, TextReader},
    wire::{body::RequestFields, raw_json, sse::Event},
};

pub(super) struct Responses;

impl Rules for Responses {
    fn path(&self) -> &'static str {
        "responses"
    }

    /// A stored conversation or prompt may stand for the input.
    fn missing_member(&self, fields: &RequestFields<'_>) -> Option<&'static str> {
        let stands_in = [fields.previous_response_id, fields.conversation, fields.prompt];
        (fields.input.is_none() && stands_in.iter().all(Option::is_none)).then_some("input")
    }

    fn call_text(&self, fields: &RequestFields<'_>, key: u64) -> CallText {
        let mut reader = TextReader::new(key);
        if let Some(instructions) = fields.instructions {
            reader.system("system", instructions);
        }
        let input = fields.input.unwrap_or_default();
        if raw_json::text(input).is_some() {
            reader.user(input);
        }
        for item in raw_json::elements(input) {
            let (mut kind, mut role, mut content) = (None, None, None);
            for member in raw_json::members(item) {
                if member.is("type") {
                    kind = raw_json::text(member.value);
                } else if member.is("role") {
                    role = raw_json::text(member.value);
                } else if member.is("content") {
                    content = Some(member.value);
                }
            }
            let (role, content) = (role.unwrap_or_default(), content.unwrap_or_default());
            match (kind.as_deref().unwrap_or("message"), &*role) {
                ("message", "system" | "developer") => reader.system(&role, content),
                ("message", "user") => reader.user(content),
                ("message", _) => reader.other(&role, content),
                (kind, _) if kind.ends_with("_output") || kind == "mcp_approval_response" => {
                    reader.tool_result(kind, content);
                }
                (kind, _) => reader.other(kind, content),
            }
        }
        reader.finish()
    }

    fn observe(&self, event: &Event<'_>, facts: &mut StreamFacts) {
        let Some(data) = readable_part(event).map(object_in) else { return };
        let stated = raw_json::member(data, "type").and_then(raw_json::text);
        let kind = stated.as_deref().or(std::str::from_utf8(event.name).ok()).unwrap_or_default();
        let is_output = kind.starts_with("response.output_item.") || kind.ends_with(".delta");
        if is_output || (event.cut && !holds_response(kind)) {
            facts.has_content = true;
            facts.has_text = true;
        } else if !event.cut && !is_json(data) {
            if event.name == b"error" {
                facts.end_with_error("");
            }
        } else if matches!(kind, "response.completed" | "response.incomplete") {
            let response = raw_json::member(data, "response").unwrap_or_default();
            if !facts.is_replay {
                facts.usage = raw_json::member(response, "usage").and_then(usage).or(facts.usage);
            }
            let output = raw_json::member(response, "output");
            facts.has_text |= event.cut || output.is_some_and(|it| !is_hollow(it));
            facts.has_content = true;
            // What the client keeps in the end is what the last event says.
            facts.response_id = id_of(response).or(facts.response_id.take());
            facts.end_well();
        } else if facts.is_replay && matches!(stated.as_deref(), Some("response.failed" | "error")) {
            facts.has_content = true;
            facts.has_text = true;
            facts.end_well();
        } else if kind == "response.failed" {
            let response = raw_json::member(data, "response").unwrap_or_default();
            facts.response_id = id_of(response).or(facts.response_id.take());
            facts.end_with_error(raw_json::member(response, "error").unwrap_or_default());
        } else if kind == "error" {
            let inner = raw_json::member(data, "error").filter(|it| !raw_json::is_null(it));
            facts.end_with_error(inner.unwrap_or(data));
        } else if let Some(error) = raw_json::member(data, "error").filter(|it| !raw_json::is_null(it)) {
            facts.end_with_error(error);
        } else if facts.response_id.is_none()
            && let Some(response) = raw_json::member(data, "response")
        {
            facts.response_id = id_of(response);
        }
    }

    fn read_answer<'a>(&self, body: &'a str) -> AnswerFacts<'a> {
        let mut facts = AnswerFacts { nothing: true, ..AnswerFacts::default() };
        let (mut error, mut status) = (None, None);
        for (at, member) in raw_json::members(body).enumerate() {
            if let Some(error) = AnswerFacts::of_leading_error(&member, at == 0) {
                return error;
            } else if member.is("id") {
                facts.id = Some(member.value);
            } else if member.is("usage") {
                facts.usage = usage(member.value);
            } else if member.is("status") {
                status = raw_json::text(member.value);
            } else if member.is("error") {
                error = Some(member.value).filter(|it| !raw_json::is_null(it));
            } else if member.is("output") {
                facts.nothing = raw_json::is_null(member.value);
                facts.empty = is_hollow(member.value);
            }
        }
        let status = status.as_deref().unwrap_or("completed");
        // A response in the background has nothing yet, which is no lack.
        let may_follow = matches!(status, "queued" | "in_progress");
        facts.error =
            (status == "failed" && (facts.nothing || facts.empty)).then(|| error.unwrap_or_default());
        facts.nothing &= !may_follow;
        facts.empty &= !may_follow;
        facts
    }

    fn error_event(&self, object: &str, _request_id: &str, response_id: Option<&str>) -> String {
        let id = Value::from(response_id.unwrap_or_default());
        format!(
            "event: response.failed\ndata: {{\"type\":\"response.failed\",\"response\":{{\"id\":{id},\
             \"object\":\"response\",\"status\":\"failed\",\"output\":[],\"error\":{object}}}}}\n\n"
        )
    }

    fn text_delta(&self, event: &str) -> Option<String> {
        let kind = raw_json::text(raw_json::member(event, "type")?)?;
        let is_text = matches!(&*kind, "response.output_text.delta" | "response.refusal.delta");
        let delta = raw_json::member(event, "delta").filter(|_| is_text)?;
        raw_json::text(delta).map(|it| it.into_owned())
    }

    fn answer_text(&self, body: &str) -> Option<String> {
        let items = raw_json::elements(raw_json::member(body, "output")?);
        let parts = items.filter_map(|it| raw_json::member(it, "content")).flat_map(raw_json::elements);
        let texts = parts.filter_map(|it| raw_json::text(raw_json::member(it, "text")?));
        let text: String = texts.collect();
        Some(text).filter(|it| !it.is_empty())
    }

    fn sample_body(&self, model: Option<&str>, prompt: &str, max_tokens: u64) -> Value {
        // OpenAI refuses limits below 16.
        json!({ "model": model, "input": prompt, "max_output_tokens": max_tokens.max(16), "store": false })
    }
}

/// The text of an event; of one that was too large to keep, its beginning.
fn readable_part<'a>(event: &Event<'a>) -> Option<&'a str> {
    match std::str::from_utf8(event.data) {
        Err(error) if event.cut => std::str::from_utf8(event.data.get(..error.valid_up_to())?).ok(),
        text => text.ok(),
    }
}

/// Whether events of a kind hold the whole response, so they may be large without any output in them.
fn holds_response(kind: &str) -> bool {
    let state = kind.strip_prefix("response.").unwrap_or_default();
    matches!(state, "created" | "queued" | "in_progress" | "completed" | "incomplete" | "failed")
}

fn id_of(response: &str) -> Option<String> {
    let id = raw_json::member(response, "id").and_then(raw_json::text)?;
    Some(id.into_owned()).filter(|it| !it.is_empty())
}

fn usage(value: &str) -> Option<(u64, u64)> {
    answer::usage(value, "input_tokens", "output_tokens")
}
