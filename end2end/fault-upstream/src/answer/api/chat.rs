//! Chat completions, plain and streamed, in the shapes of the OpenAI API reference.

use serde_json::{Value, json};

use crate::answer::{
    Call, answer_text,
    completions::{self, Completion},
    error_event::ErrorDetail,
    events::Event,
    stream::{Piece, StreamShape},
};
use crate::fault::{ErrorForm, Finish, MessageForm, Missing};

const OBJECT: &str = "chat.completion";
const CHUNK: &str = "chat.completion.chunk";

/// The body of a plain answer.
pub(crate) fn completion(call: &Call<'_>) -> Vec<u8> {
    let text = answer_text::plain_text(call);
    let count =
        if call.fault.shape.missing == Some(Missing::Choices) { 0 } else { completions::choices(call) };
    let choices = (0..count).map(|index| choice(call, index, &text)).collect();
    let usage = completions::usage(if text.is_empty() { 0 } else { completions::tokens(call) });
    encode(call, OBJECT, choices, Some(usage))
}

/// The body of a plain answer with this text.
pub(crate) fn answer_with_text(call: &Call<'_>, text: &str) -> Vec<u8> {
    let usage = completions::usage(0);
    encode(call, OBJECT, json!([choice(call, 0, text)]), Some(usage))
}

/// The body of a plain answer whose only choice failed.
pub(crate) fn failed_completion(call: &Call<'_>, form: ErrorForm, detail: &ErrorDetail) -> Vec<u8> {
    let mut choice = json!({
        "index": 0,
        "message": { "role": "assistant", "content": "" },
        "finish_reason": "error",
    });
    if form == ErrorForm::Choice {
        choice["error"] = detail.object();
    }
    encode(call, OBJECT, json!([choice]), None)
}

fn choice(call: &Call<'_>, index: u64, text: &str) -> Value {
    if call.calls_tool() {
        let mut tool = tool_call(call, &answer_text::tool_arguments(call));
        tool.as_object_mut().map(|tool| tool.remove("index"));
        let message = json!({ "role": "assistant", "content": null, "tool_calls": [tool] });
        return json!({ "index": index, "message": message, "logprobs": null, "finish_reason": "tool_calls" });
    }
    let content = if call.fault.shape.missing == Some(Missing::Content) { Value::Null } else { json!(text) };
    let message = match call.fault.shape.message {
        MessageForm::Content => json!({ "role": "assistant", "content": content }),
        MessageForm::Parts => json!({ "role": "assistant", "content": parts(&content) }),
        MessageForm::Reasoning => json!({ "role": "assistant", "content": "", "reasoning_content": content }),
        MessageForm::Refusal => json!({ "role": "assistant", "content": null, "refusal": content }),
    };
    json!({ "index": index, "message": message, "logprobs": null, "finish_reason": finish_reason(call) })
}

/// A content in parts: a thought and the text.
fn parts(text: &Value) -> Value {
    let thought = json!({ "type": "thinking", "thinking": [{ "type": "text", "text": "Let me see." }] });
    json!([thought, { "type": "text", "text": text }])
}

fn finish_reason(call: &Call<'_>) -> &'static str {
    match call.finish() {
        _ if call.calls_tool() => "tool_calls",
        Finish::Stop => "stop",
        Finish::Length => "length",
    }
}

/// A streamed chat completion.
#[derive(Debug)]
pub(crate) struct ChatStream<'a>(&'a Call<'a>);

impl<'a> ChatStream<'a> {
    pub(crate) fn new(call: &'a Call<'a>) -> Self {
        Self(call)
    }

    /// A chunk; `sent` is the number of content chunks so far.
    fn chunk(&self, choice: u64, delta: Value, finish_reason: Option<&str>, sent: u64) -> Event {
        let choices = json!([{
            "index": choice, "delta": delta, "logprobs": null, "finish_reason": finish_reason,
        }]);
        self.event(choices, completions::running_usage(self.0, sent))
    }

    fn event(&self, choices: Value, usage: Option<Value>) -> Event {
        Event::new(encode(self.0, CHUNK, choices, usage))
    }
}

impl StreamShape for ChatStream<'_> {
    fn choices(&self) -> u64 {
        completions::choices(self.0)
    }

    fn opening(&mut self) -> Vec<Event> {
        let delta = json!({ "role": "assistant", "content": "" });
        (0..self.choices()).map(|choice| self.chunk(choice, delta.clone(), None, 0)).collect()
    }

    fn content(&mut self, piece: Piece<'_>) -> Event {
        let Piece { choice, index, text, sent } = piece;
        let delta = match self.0.fault.shape.message {
            _ if self.0.calls_tool() && index == 0 => json!({ "tool_calls": [tool_call(self.0, text)] }),
            _ if self.0.calls_tool() => {
                json!({ "tool_calls": [{ "index": 0, "function": { "arguments": text } }] })
            }
            MessageForm::Content => json!({ "content": text }),
            MessageForm::Parts => json!({ "content": parts(&json!(text)) }),
            MessageForm::Reasoning => json!({ "content": null, "reasoning_content": text }),
            MessageForm::Refusal => json!({ "refusal": text }),
        };
        self.chunk(choice, delta, None, sent)
    }

    fn closing(&mut self, finished: u64, sent: u64) -> Vec<Event> {
        let reason = finish_reason(self.0);
        let mut events: Vec<Event> =
            (0..finished).map(|choice| self.chunk(choice, json!({}), Some(reason), sent)).collect();
        if completions::wants(self.0, "include_usage") {
            events.push(self.event(json!([]), Some(completions::usage(sent))));
        }
        events
    }

    fn terminal(&mut self) -> Event {
        Event::new(b"[DONE]".to_vec())
    }

    fn sign_of_life(&mut self) -> Event {
        self.event(json!([]), None)
    }

    fn error(&mut self, form: ErrorForm, detail: &ErrorDetail) -> Event {
        let mut choice = json!({ "index": 0, "delta": {}, "logprobs": null, "finish_reason": null });
        match form {
            ErrorForm::Choice => choice["error"] = detail.object(),
            ErrorForm::Finish => choice["finish_reason"] = "error".into(),
            _ => return Event::new(json!({ "error": detail.object() }).to_string().into_bytes()),
        }
        self.event(json!([choice]), None)
    }
}

fn tool_call(call: &Call<'_>, arguments: &str) -> Value {
    json!({
        "index": 0,
        "id": format!("call_{}", call.number),
        "type": "function",
        "function": { "name": call.tool_name(), "arguments": arguments },
    })
}

fn encode(call: &Call<'_>, object: &'static str, choices: Value, usage: Option<Value>) -> Vec<u8> {
    Completion::new(call, "chatcmpl", object, choices, usage).encode()
}
