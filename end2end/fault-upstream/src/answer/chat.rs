//! Chat completions, plain and streamed, in the shapes of the OpenAI API reference.

use std::time::{SystemTime, UNIX_EPOCH};

use serde::Serialize;
use serde_json::{Value, json};

use super::{
    Call,
    events::Events,
    refusal,
    words::{self, Words},
};
use crate::{
    fault::{CutHow, Opening},
    wire::{Gone, Then, Wire},
};

/// The most choices of one answer.
const MAX_CHOICES: u64 = 128;

/// A completion or a chunk of one; fields in the order of the API reference.
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
            let mut tool = tool_call(call, &arguments(&Words::Numbered(call.fault.shape.chunks)));
            tool.as_object_mut().map(|tool| tool.remove("index"));
            let message = json!({ "role": "assistant", "content": null, "tool_calls": [tool] });
            (message, "tool_calls")
        } else {
            let message = json!({ "role": "assistant", "content": words::text(call) });
            (message, "stop")
        };
        json!({ "index": index, "message": message, "logprobs": null, "finish_reason": finish_reason })
    });
    let choices = choices.collect();
    encode(call, "chat.completion", choices, Some(usage(call)))
}

/// Streams an answer, up to where its fault breaks it off.
pub(crate) async fn stream(wire: &mut Wire, call: &Call<'_>) -> Result<Then, Gone> {
    let fault = call.fault;
    let words = Words::of_stream(call);
    let choices = choices(call);
    let total = words.pieces().saturating_mul(choices);
    let cut = fault.cut.map(|cut| (cut.after.unwrap_or(total / 2).min(total), cut.how));

    let mut events = Events::open(wire, call).await?;
    match fault.opening {
        Opening::Usual => {}
        Opening::Hang => return Err(events.hang().await),
        Opening::Empty => return events.end().await,
        Opening::OnlyDone => {
            events.event(b"[DONE]").await?;
            return events.end().await;
        }
        Opening::Error => {
            events.event(refusal::error(call, 500).as_bytes()).await?;
            return events.end().await;
        }
    }
    let mut sent = 0;
    for index in 0..choices {
        let delta = json!({ "role": "assistant", "content": "" });
        events.event(&chunk(call, index, delta, None, sent)).await?;
    }
    loop {
        if let Some((after, how)) = cut
            && after == sent
        {
            if fault.torn {
                let delta = delta(call, &words, sent / choices);
                events.half(&chunk(call, sent % choices, delta, None, sent)).await?;
            }
            return broken_off(events, how).await;
        }
        if sent == total {
            break;
        }
        let delta = delta(call, &words, sent / choices);
        let mut data = chunk(call, sent % choices, delta, None, sent + 1);
        if fault.shape.broken == Some(sent) {
            data.truncate(data.len() - data.len() / 3);
        }
        events.content(&data).await?;
        sent += 1;
    }
    let reason = if fault.shape.tool_calls { "tool_calls" } else { "stop" };
    for index in 0..choices {
        events.event(&chunk(call, index, json!({}), Some(reason), sent)).await?;
    }
    if wants(call, "include_usage") {
        let usage = encode(call, "chat.completion.chunk", json!([]), Some(usage(call)));
        events.event(&usage).await?;
    }
    if !fault.no_done {
        events.event(b"[DONE]").await?;
    }
    events.end().await
}

async fn broken_off(mut events: Events<'_>, how: CutHow) -> Result<Then, Gone> {
    match how {
        CutHow::Stall => Err(events.hang().await),
        CutHow::Reset => Ok(Then::Reset),
        CutHow::Close | CutHow::CloseUnframed => Ok(Then::Close),
        CutHow::ErrorEvent => {
            // Relayed as it is, so it repeats no credential.
            let error = refusal::error_saying("the upstream failed after content", 500);
            events.event(error.as_bytes()).await?;
            events.end().await
        }
    }
}

/// The delta of content chunk `index` of one choice.
fn delta(call: &Call<'_>, words: &Words, index: u64) -> Value {
    if !call.fault.shape.tool_calls {
        return match call.fault.shape.huge {
            Some(bytes) if index == 0 => json!({ "content": "x".repeat(bytes) }),
            _ => json!({ "content": words.piece(index) }),
        };
    }
    let open = if index == 0 { "{\"words\":\"" } else { "" };
    let close = if index + 1 == words.pieces() { "\"}" } else { "" };
    let arguments = format!("{open}{}{close}", words.piece(index));
    let tool = if index == 0 {
        tool_call(call, &arguments)
    } else {
        json!({ "index": 0, "function": { "arguments": arguments } })
    };
    json!({ "tool_calls": [tool] })
}

fn tool_call(call: &Call<'_>, arguments: &str) -> Value {
    let tools = call.asked.get::<Value>("tools").unwrap_or_default();
    let name = tools[0]["function"]["name"].as_str().unwrap_or("lookup");
    json!({
        "index": 0,
        "id": format!("call_{}", call.number),
        "type": "function",
        "function": { "name": name, "arguments": arguments },
    })
}

fn arguments(words: &Words) -> String {
    json!({ "words": words.whole() }).to_string()
}

/// A chunk up to which so many content chunks were sent, itself included.
fn chunk(call: &Call<'_>, choice: u64, delta: Value, finish_reason: Option<&str>, sent: u64) -> Vec<u8> {
    let choices = json!([{
        "index": choice, "delta": delta, "logprobs": null, "finish_reason": finish_reason,
    }]);
    encode(call, "chat.completion.chunk", choices, usage_so_far(call, sent))
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
    call.asked.get::<u64>("n").unwrap_or(1).clamp(1, MAX_CHOICES)
}

fn wants(call: &Call<'_>, option: &str) -> bool {
    let options = call.asked.get::<Value>("stream_options").unwrap_or_default();
    options[option] == json!(true)
}

/// The usage in a chunk before the last one: null where it is asked for (the OpenAI API reference), so far where that
/// is asked for too (as vLLM does).
fn usage_so_far(call: &Call<'_>, sent: u64) -> Option<Value> {
    let so_far = || if wants(call, "continuous_usage_stats") { counted(sent) } else { Value::Null };
    wants(call, "include_usage").then(so_far)
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
