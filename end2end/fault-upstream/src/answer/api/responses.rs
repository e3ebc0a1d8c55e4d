//! Responses, plain and streamed, in the shapes of the OpenAI API reference.

use serde_json::{Value, json};

use crate::answer::{
    Call, answer_text,
    error_event::ErrorDetail,
    events::Event,
    stream::{Piece, StreamShape},
};
use crate::fault::{Content, ErrorForm, Finish, Missing};

const INPUT_TOKENS: u64 = 7;

/// The body of a plain answer.
pub(crate) fn response(call: &Call<'_>) -> Vec<u8> {
    let text = answer_text::plain_text(call);
    let content = if call.calls_tool() { answer_text::tool_arguments(call) } else { text };
    let tokens = if content.is_empty() { 0 } else { call.fault.shape.chunks };
    finished(call, &content, tokens).to_string().into_bytes()
}

/// A response that was made before.
pub(crate) fn stored(call: &Call<'_>, id: &str, status: &str) -> Value {
    let mut response = object(call, status, json!([item(call, "an earlier answer", "completed")]));
    response["id"] = id.into();
    response["usage"] = usage(1);
    response
}

/// A response that failed before any output.
pub(crate) fn failed(call: &Call<'_>, detail: &ErrorDetail) -> Value {
    let mut response = object(call, "failed", json!([]));
    response["error"] = json!({ "code": detail.words(), "message": detail.message });
    response
}

/// Whether this server has made the response with this id.
pub(crate) fn is_own(call: &Call<'_>, id: &str) -> bool {
    id.strip_prefix(&id_prefix(call)).is_some_and(|number| number.parse::<u64>().is_ok())
}

/// Whether the request continues a response that this server has not made.
pub(crate) fn continues_foreign(call: &Call<'_>) -> bool {
    call.fields.get::<String>("previous_response_id").is_some_and(|id| !is_own(call, &id))
}

/// The id of the response to a call.
pub(crate) fn id(call: &Call<'_>) -> String {
    format!("{}{}", id_prefix(call), call.number)
}

fn id_prefix(call: &Call<'_>) -> String {
    format!("resp_{}-{:x}-", call.upstream, call.server_started_unix_ns)
}

fn finished(call: &Call<'_>, content: &str, tokens: u64) -> Value {
    let cut = call.finish() == Finish::Length;
    let status = if cut { "incomplete" } else { "completed" };
    let missing = call.fault.shape.missing == Some(Missing::Choices);
    let output = if missing { json!([]) } else { json!([item(call, content, status)]) };
    let mut response = object(call, status, output);
    if cut {
        response["incomplete_details"] = json!({ "reason": "max_output_tokens" });
    }
    response["usage"] = usage(tokens);
    response
}

fn usage(tokens: u64) -> Value {
    json!({
        "input_tokens": INPUT_TOKENS,
        "input_tokens_details": { "cached_tokens": 0 },
        "output_tokens": tokens,
        "output_tokens_details": { "reasoning_tokens": 0 },
        "total_tokens": tokens.saturating_add(INPUT_TOKENS),
    })
}

fn object(call: &Call<'_>, status: &str, output: Value) -> Value {
    let field = |name: &str| call.fields.get::<Value>(name);
    json!({
        "id": id(call),
        "object": "response",
        "created_at": answer_text::now(),
        "status": status,
        "background": false,
        "error": null,
        "incomplete_details": null,
        "instructions": field("instructions"),
        "max_output_tokens": field("max_output_tokens"),
        "model": call.model,
        "output": output,
        "parallel_tool_calls": true,
        "previous_response_id": field("previous_response_id"),
        "reasoning": { "effort": null, "summary": null },
        "store": true,
        "temperature": 1.0,
        "text": { "format": { "type": "text" } },
        "tool_choice": "auto",
        "tools": field("tools").unwrap_or_else(|| json!([])),
        "top_p": 1.0,
        "truncation": "disabled",
        "usage": null,
        "metadata": {},
    })
}

/// The only output item: a message, or the call of a tool with `content` as its arguments.
fn item(call: &Call<'_>, content: &str, status: &str) -> Value {
    if call.calls_tool() {
        return json!({
            "id": item_id(call),
            "type": "function_call",
            "status": status,
            "call_id": format!("call_{}", call.number),
            "name": call.tool_name(),
            "arguments": content,
        });
    }
    let parts = if content.is_empty() { json!([]) } else { json!([part(content)]) };
    json!({ "id": item_id(call), "type": "message", "status": status, "role": "assistant", "content": parts })
}

fn part(text: &str) -> Value {
    json!({ "type": "output_text", "text": text, "annotations": [], "logprobs": [] })
}

fn item_id(call: &Call<'_>) -> String {
    let kind = if call.calls_tool() { "fc" } else { "msg" };
    format!("{kind}_{}-{}", call.upstream, call.number)
}

/// A streamed response.
#[derive(Debug)]
pub(crate) struct ResponseStream<'a> {
    call: &'a Call<'a>,
    next_number: u64,
    /// The content so far; an endless one is not kept.
    content: String,
    sent: u64,
}

impl<'a> ResponseStream<'a> {
    pub(crate) fn new(call: &'a Call<'a>) -> Self {
        Self { call, next_number: 0, content: String::new(), sent: 0 }
    }

    fn event(&mut self, name: &'static str, mut data: Value) -> Event {
        data["sequence_number"] = self.next_number.into();
        self.next_number += 1;
        Event::typed(name, data)
    }

    fn in_progress(&mut self, name: &'static str) -> Event {
        let response = object(self.call, "in_progress", json!([]));
        self.event(name, json!({ "response": response }))
    }

    /// An event about the only output item, and its only part if it is a message.
    fn item_event(&mut self, name: &'static str, mut data: Value) -> Event {
        data["item_id"] = item_id(self.call).into();
        data["output_index"] = 0.into();
        if !self.call.calls_tool() {
            data["content_index"] = 0.into();
        }
        self.event(name, data)
    }

    fn whole_item_event(&mut self, name: &'static str, content: &str, status: &str) -> Event {
        let item = item(self.call, content, status);
        self.event(name, json!({ "output_index": 0, "item": item }))
    }
}

impl StreamShape for ResponseStream<'_> {
    fn opening(&mut self) -> Vec<Event> {
        vec![self.in_progress("response.created"), self.in_progress("response.in_progress")]
    }

    fn before_content(&mut self) -> Vec<Event> {
        let mut events = vec![self.whole_item_event("response.output_item.added", "", "in_progress")];
        if !self.call.calls_tool() {
            events.push(self.item_event("response.content_part.added", json!({ "part": part("") })));
        }
        events
    }

    fn content(&mut self, piece: Piece<'_>) -> Event {
        if self.call.fault.shape.content != Content::Endless {
            self.content.push_str(piece.text);
        }
        self.sent = piece.sent;
        if self.call.calls_tool() {
            return self.item_event("response.function_call_arguments.delta", json!({ "delta": piece.text }));
        }
        self.item_event("response.output_text.delta", json!({ "delta": piece.text, "logprobs": [] }))
    }

    fn closing(&mut self, _finished: u64, sent: u64) -> Vec<Event> {
        if sent == 0 {
            return Vec::new();
        }
        let content = self.content.clone();
        let mut events = if self.call.calls_tool() {
            let data = json!({ "arguments": content, "name": self.call.tool_name() });
            vec![self.item_event("response.function_call_arguments.done", data)]
        } else {
            vec![
                self.item_event("response.output_text.done", json!({ "text": content, "logprobs": [] })),
                self.item_event("response.content_part.done", json!({ "part": part(&content) })),
            ]
        };
        events.push(self.whole_item_event("response.output_item.done", &content, "completed"));
        events
    }

    fn terminal(&mut self) -> Event {
        let response = finished(self.call, &self.content, self.sent);
        let cut = self.call.finish() == Finish::Length;
        let name = if cut { "response.incomplete" } else { "response.completed" };
        self.event(name, json!({ "response": response }))
    }

    fn sign_of_life(&mut self) -> Event {
        self.in_progress("response.in_progress")
    }

    fn error(&mut self, form: ErrorForm, detail: &ErrorDetail) -> Event {
        if form == ErrorForm::Failed {
            let response = failed(self.call, detail);
            return self.event("response.failed", json!({ "response": response }));
        }
        self.event("error", json!({ "code": detail.words(), "message": detail.message, "param": null }))
    }
}
