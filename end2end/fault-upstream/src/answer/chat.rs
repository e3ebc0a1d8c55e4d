//! Chat completions, plain and streamed, in the shapes of the OpenAI API reference.

use std::time::{SystemTime, UNIX_EPOCH};

use serde::Serialize;
use serde_json::{Value, json};

use super::{
    Call,
    answer_text::{self, AnswerText},
    events::EventStream,
    refusal,
};
use crate::{
    fault::{CutKind, Opening},
    socket::{AfterAnswer, PeerClosed, Socket},
};

/// The maximum number of choices per answer.
const MAX_CHOICES: u64 = 128;

/// A completion or one of its chunks, with the fields in the order of the API reference.
#[derive(Serialize)]
struct Completion<'a> {
    id: String,
    object: &'static str,
    created: u64,
    model: &'a str,
    choices: Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    usage: Option<Value>,
}

/// The body of a plain answer.
pub(crate) fn completion(call: &Call<'_>) -> Vec<u8> {
    let choices = (0..choices(call)).map(|index| {
        let (message, finish_reason) = if call.fault.shape.tool_calls {
            let mut tool = tool_call(call, &arguments(&AnswerText::Numbered(call.fault.shape.chunks)));
            tool.as_object_mut().map(|tool| tool.remove("index"));
            let message = json!({ "role": "assistant", "content": null, "tool_calls": [tool] });
            (message, "tool_calls")
        } else {
            let message = json!({ "role": "assistant", "content": answer_text::plain_text(call) });
            (message, "stop")
        };
        json!({ "index": index, "message": message, "logprobs": null, "finish_reason": finish_reason })
    });
    let choices = choices.collect();
    encode(call, "chat.completion", choices, Some(usage(call)))
}

/// Streams an answer up to the point where its fault truncates it.
pub(crate) async fn stream(socket: &mut Socket, call: &Call<'_>) -> Result<AfterAnswer, PeerClosed> {
    let fault = call.fault;
    let text = AnswerText::of_stream(call);
    let choices = choices(call);
    let total = text.pieces().saturating_mul(choices);
    let cut = fault.cut.map(|cut| (cut.after.unwrap_or(total / 2).min(total), cut.kind));

    let mut events = EventStream::open(socket, call).await?;
    match fault.opening {
        Opening::Normal => {}
        Opening::Hang => return Err(events.wait_for_close().await),
        Opening::Empty => return events.finish().await,
        Opening::OnlyDone => {
            events.send_event(b"[DONE]").await?;
            return events.finish().await;
        }
        Opening::Error => {
            events.send_event(refusal::error(call, 500).as_bytes()).await?;
            return events.finish().await;
        }
    }
    let mut sent = 0;
    for index in 0..choices {
        let delta = json!({ "role": "assistant", "content": "" });
        events.send_event(&chunk(call, index, delta, None, sent)).await?;
    }
    loop {
        if let Some((after, kind)) = cut
            && after == sent
        {
            if fault.torn {
                let delta = delta(call, &text, sent / choices);
                events.send_half_event(&chunk(call, sent % choices, delta, None, sent)).await?;
            }
            return truncate(events, kind).await;
        }
        if sent == total {
            break;
        }
        let delta = delta(call, &text, sent / choices);
        let mut data = chunk(call, sent % choices, delta, None, sent + 1);
        if fault.shape.broken == Some(sent) {
            data.truncate(data.len() - data.len() / 3);
        }
        events.send_content(&data).await?;
        sent += 1;
    }
    let reason = if fault.shape.tool_calls { "tool_calls" } else { "stop" };
    for index in 0..choices {
        events.send_event(&chunk(call, index, json!({}), Some(reason), sent)).await?;
    }
    if wants(call, "include_usage") {
        let usage = encode(call, "chat.completion.chunk", json!([]), Some(usage(call)));
        events.send_event(&usage).await?;
    }
    if !fault.no_done {
        events.send_event(b"[DONE]").await?;
    }
    events.finish().await
}

async fn truncate(mut events: EventStream<'_>, kind: CutKind) -> Result<AfterAnswer, PeerClosed> {
    match kind {
        CutKind::Stall => Err(events.wait_for_close().await),
        CutKind::Reset => Ok(AfterAnswer::Reset),
        CutKind::Close | CutKind::CloseUnframed => Ok(AfterAnswer::Close),
        CutKind::ErrorEvent => {
            // A gateway relays this event unchanged, so it must not repeat the credential.
            let error = refusal::error_with_message("the upstream failed after content", 500);
            events.send_event(error.as_bytes()).await?;
            events.finish().await
        }
    }
}

/// The delta of content chunk `index` of one choice.
fn delta(call: &Call<'_>, text: &AnswerText, index: u64) -> Value {
    if !call.fault.shape.tool_calls {
        return match call.fault.shape.huge {
            Some(bytes) if index == 0 => json!({ "content": "x".repeat(bytes) }),
            _ => json!({ "content": text.piece(index) }),
        };
    }
    let open = if index == 0 { "{\"words\":\"" } else { "" };
    let close = if index + 1 == text.pieces() { "\"}" } else { "" };
    let arguments = format!("{open}{}{close}", text.piece(index));
    let tool = if index == 0 {
        tool_call(call, &arguments)
    } else {
        json!({ "index": 0, "function": { "arguments": arguments } })
    };
    json!({ "tool_calls": [tool] })
}

fn tool_call(call: &Call<'_>, arguments: &str) -> Value {
    let tools = call.fields.get::<Value>("tools").unwrap_or_default();
    let name = tools[0]["function"]["name"].as_str().unwrap_or("lookup");
    json!({
        "index": 0,
        "id": format!("call_{}", call.number),
        "type": "function",
        "function": { "name": name, "arguments": arguments },
    })
}

fn arguments(text: &AnswerText) -> String {
    json!({ "words": text.joined() }).to_string()
}

/// A chunk; `sent` is the number of content chunks so far, this one included.
fn chunk(call: &Call<'_>, choice: u64, delta: Value, finish_reason: Option<&str>, sent: u64) -> Vec<u8> {
    let choices = json!([{
        "index": choice, "delta": delta, "logprobs": null, "finish_reason": finish_reason,
    }]);
    encode(call, "chat.completion.chunk", choices, running_usage(call, sent))
}

fn encode(call: &Call<'_>, object: &'static str, choices: Value, usage: Option<Value>) -> Vec<u8> {
    let completion = Completion {
        id: format!("chatcmpl-{}-{}", call.upstream, call.number),
        object,
        created: SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs()),
        model: &call.model,
        choices,
        usage,
    };
    // Strings and numbers always encode.
    serde_json::to_vec(&completion).unwrap_or_default()
}

fn choices(call: &Call<'_>) -> u64 {
    call.fields.get::<u64>("n").unwrap_or(1).clamp(1, MAX_CHOICES)
}

fn wants(call: &Call<'_>, option: &str) -> bool {
    let options = call.fields.get::<Value>("stream_options").unwrap_or_default();
    options[option] == json!(true)
}

/// The usage in a chunk before the last one: null if usage is requested (the OpenAI API reference), or a running
/// count if `continuous_usage_stats` is set (as vLLM does).
fn running_usage(call: &Call<'_>, sent: u64) -> Option<Value> {
    let running = || if wants(call, "continuous_usage_stats") { counted(sent) } else { Value::Null };
    wants(call, "include_usage").then(running)
}

fn usage(call: &Call<'_>) -> Value {
    counted(call.fault.shape.chunks.saturating_mul(choices(call)))
}

fn counted(completion: u64) -> Value {
    let prompt = 7;
    json!({
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": completion.saturating_add(prompt),
    })
}
