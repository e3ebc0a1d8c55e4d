//! Completions of a bare prompt, plain and streamed, and what chat completions share with them.

use serde::Serialize;
use serde_json::{Value, json};

use crate::answer::{
    Call, answer_text,
    error_event::ErrorDetail,
    events::Event,
    stream::{Piece, StreamShape},
};
use crate::fault::{ErrorForm, Finish, Missing};

const OBJECT: &str = "text_completion";
/// The maximum number of choices per answer.
const MAX_CHOICES: u64 = 128;

/// A completion or one of its chunks, with the fields in the order of the API reference.
#[derive(Debug, Serialize)]
pub(crate) struct Completion<'a> {
    id: String,
    object: &'static str,
    created: u64,
    model: &'a str,
    choices: Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    usage: Option<Value>,
}

impl<'a> Completion<'a> {
    pub(crate) fn new(
        call: &'a Call<'_>,
        prefix: &str,
        object: &'static str,
        choices: Value,
        usage: Option<Value>,
    ) -> Self {
        Self {
            id: format!("{prefix}-{}-{}", call.upstream, call.number),
            object,
            created: answer_text::now(),
            model: &call.model,
            choices,
            usage,
        }
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        // Strings and numbers always encode.
        serde_json::to_vec(self).unwrap_or_default()
    }
}

/// The body of a plain answer.
pub(crate) fn completion(call: &Call<'_>) -> Vec<u8> {
    let text = answer_text::plain_text(call);
    let count = if call.fault.shape.missing == Some(Missing::Choices) { 0 } else { choices(call) };
    let choices = (0..count).map(|index| choice(index, &text, Some(finish_reason(call)))).collect();
    encode(call, choices, Some(usage(if text.is_empty() { 0 } else { tokens(call) })))
}

/// The body of a plain answer whose only choice failed.
pub(crate) fn failed_completion(call: &Call<'_>, form: ErrorForm, detail: &ErrorDetail) -> Vec<u8> {
    let mut failed = choice(0, "", Some("error"));
    if form == ErrorForm::Choice {
        failed["error"] = detail.object();
    }
    encode(call, json!([failed]), None)
}

/// A streamed completion.
#[derive(Debug)]
pub(crate) struct CompletionStream<'a>(&'a Call<'a>);

impl<'a> CompletionStream<'a> {
    pub(crate) fn new(call: &'a Call<'a>) -> Self {
        Self(call)
    }
}

impl StreamShape for CompletionStream<'_> {
    fn choices(&self) -> u64 {
        choices(self.0)
    }

    fn opening(&mut self) -> Vec<Event> {
        Vec::new()
    }

    fn content(&mut self, piece: Piece<'_>) -> Event {
        let choices = json!([choice(piece.choice, piece.text, None)]);
        Event::new(encode(self.0, choices, running_usage(self.0, piece.sent)))
    }

    fn closing(&mut self, finished: u64, sent: u64) -> Vec<Event> {
        let last = |index| json!([choice(index, "", Some(finish_reason(self.0)))]);
        let mut events: Vec<Event> = (0..finished)
            .map(|index| Event::new(encode(self.0, last(index), running_usage(self.0, sent))))
            .collect();
        if wants(self.0, "include_usage") {
            events.push(Event::new(encode(self.0, json!([]), Some(usage(sent)))));
        }
        events
    }

    fn terminal(&mut self) -> Event {
        Event::new(b"[DONE]".to_vec())
    }

    fn sign_of_life(&mut self) -> Event {
        Event::new(encode(self.0, json!([]), None))
    }

    fn error(&mut self, form: ErrorForm, detail: &ErrorDetail) -> Event {
        let mut failed = choice(0, "", None);
        match form {
            ErrorForm::Choice => failed["error"] = detail.object(),
            ErrorForm::Finish => failed["finish_reason"] = "error".into(),
            _ => return Event::new(json!({ "error": detail.object() }).to_string().into_bytes()),
        }
        Event::new(encode(self.0, json!([failed]), None))
    }
}

fn choice(index: u64, text: &str, finish_reason: Option<&str>) -> Value {
    json!({ "text": text, "index": index, "logprobs": null, "finish_reason": finish_reason })
}

fn finish_reason(call: &Call<'_>) -> &'static str {
    match call.finish() {
        Finish::Stop => "stop",
        Finish::Length => "length",
    }
}

fn encode(call: &Call<'_>, choices: Value, usage: Option<Value>) -> Vec<u8> {
    Completion::new(call, "cmpl", OBJECT, choices, usage).encode()
}

/// The number of choices that a request asks for.
pub(crate) fn choices(call: &Call<'_>) -> u64 {
    call.fields.get::<u64>("n").unwrap_or(1).clamp(1, MAX_CHOICES)
}

/// Whether a request asks for an option of its stream.
pub(crate) fn wants(call: &Call<'_>, option: &str) -> bool {
    let options = call.fields.get::<Value>("stream_options").unwrap_or_default();
    options[option] == json!(true)
}

/// The usage in a chunk before the last one: null if usage is requested (the OpenAI API reference), or a running
/// count if `continuous_usage_stats` is set (as vLLM does).
pub(crate) fn running_usage(call: &Call<'_>, sent: u64) -> Option<Value> {
    let running = || if wants(call, "continuous_usage_stats") { usage(sent) } else { Value::Null };
    wants(call, "include_usage").then(running)
}

/// The output tokens of a plain answer.
pub(crate) fn tokens(call: &Call<'_>) -> u64 {
    call.fault.shape.chunks.saturating_mul(choices(call))
}

pub(crate) fn usage(completion: u64) -> Value {
    let prompt = 7;
    json!({
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": completion.saturating_add(prompt),
    })
}
