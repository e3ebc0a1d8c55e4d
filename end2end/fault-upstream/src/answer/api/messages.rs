//! Messages, plain and streamed, in the shapes of Anthropic's API reference.

use serde_json::{Value, json};

use crate::answer::{
    Call, answer_text,
    error_event::ErrorDetail,
    events::Event,
    refusal,
    stream::{Piece, StreamShape},
};
use crate::{
    api::Api,
    fault::{ErrorForm, Finish, Missing},
};

const INPUT_TOKENS: u64 = 7;

/// The body of a plain answer.
pub(crate) fn message(call: &Call<'_>) -> Vec<u8> {
    let text = answer_text::plain_text(call);
    let content = if call.calls_tool() {
        let arguments: Value = serde_json::from_str(&answer_text::tool_arguments(call)).unwrap_or_default();
        json!([tool_use(call, &arguments)])
    } else if text.is_empty() || call.fault.shape.missing == Some(Missing::Choices) {
        json!([])
    } else {
        json!([{ "type": "text", "text": text }])
    };
    let tokens = if content == json!([]) { 0 } else { call.fault.shape.chunks };
    object(call, content, Some(stop_reason(call)), tokens).to_string().into_bytes()
}

fn object(call: &Call<'_>, content: Value, stop_reason: Option<&str>, tokens: u64) -> Value {
    json!({
        "id": format!("msg_{}-{}", call.upstream, call.number),
        "type": "message",
        "role": "assistant",
        "model": call.model,
        "content": content,
        "stop_reason": stop_reason,
        "stop_sequence": null,
        "usage": {
            "input_tokens": INPUT_TOKENS,
            "cache_creation_input_tokens": 0,
            "cache_read_input_tokens": 0,
            "output_tokens": tokens,
        },
    })
}

fn tool_use(call: &Call<'_>, input: &Value) -> Value {
    json!({ "type": "tool_use", "id": format!("toolu_{}", call.number), "name": call.tool_name(), "input": input })
}

fn stop_reason(call: &Call<'_>) -> &'static str {
    match call.finish() {
        _ if call.calls_tool() => "tool_use",
        Finish::Stop => "end_turn",
        Finish::Length => "max_tokens",
    }
}

/// A streamed message.
#[derive(Debug)]
pub(crate) struct MessageStream<'a>(&'a Call<'a>);

impl<'a> MessageStream<'a> {
    pub(crate) fn new(call: &'a Call<'a>) -> Self {
        Self(call)
    }

    fn block_start(&self, block: &Value) -> Event {
        Event::typed("content_block_start", json!({ "index": 0, "content_block": block }))
    }
}

impl StreamShape for MessageStream<'_> {
    fn opening(&mut self) -> Vec<Event> {
        let message = object(self.0, json!([]), None, 1);
        let mut events = vec![Event::typed("message_start", json!({ "message": message }))];
        if !self.0.calls_tool() {
            events.push(self.block_start(&json!({ "type": "text", "text": "" })));
        }
        events.push(self.sign_of_life());
        events
    }

    fn before_content(&mut self) -> Vec<Event> {
        match self.0.calls_tool() {
            true => vec![self.block_start(&tool_use(self.0, &json!({})))],
            false => Vec::new(),
        }
    }

    fn content(&mut self, piece: Piece<'_>) -> Event {
        let delta = match self.0.calls_tool() {
            true => json!({ "type": "input_json_delta", "partial_json": piece.text }),
            false => json!({ "type": "text_delta", "text": piece.text }),
        };
        Event::typed("content_block_delta", json!({ "index": 0, "delta": delta }))
    }

    fn closing(&mut self, _finished: u64, sent: u64) -> Vec<Event> {
        let delta = json!({ "stop_reason": stop_reason(self.0), "stop_sequence": null });
        let end = json!({ "delta": delta, "usage": { "output_tokens": sent } });
        vec![Event::typed("content_block_stop", json!({ "index": 0 })), Event::typed("message_delta", end)]
    }

    fn terminal(&mut self) -> Event {
        Event::typed("message_stop", json!({}))
    }

    fn sign_of_life(&mut self) -> Event {
        Event::typed("ping", json!({}))
    }

    fn error(&mut self, _form: ErrorForm, detail: &ErrorDetail) -> Event {
        let error = refusal::value(Some(Api::Messages), &detail.message, detail.status());
        Event::named("error", &error)
    }
}
