//! Extraction of the answer's text from a chat completion.

use serde::Deserialize;
use serde_json::Value;

use super::answer::is_label_json;

/// Maximum length of an answer, in bytes. A longer text is no label.
pub const ANSWER_TEXT_BYTES: usize = 8 * 1024;

#[derive(Deserialize)]
struct Completion {
    #[serde(default)]
    choices: Vec<Choice>,
}

#[derive(Deserialize)]
struct Choice {
    message: Option<Message>,
}

#[derive(Deserialize)]
struct Message {
    #[serde(default)]
    content: Value,
    #[serde(default)]
    tool_calls: Value,
    #[serde(default)]
    reasoning_content: Value,
    #[serde(default)]
    reasoning: Value,
}

/// The text of the first choice: `content` as text or parts; if empty, the arguments of a tool call, or reasoning
/// that is just the label's JSON (some servers put a constrained answer there). `None` if the body is not a
/// completion or has no text.
pub fn answer_text(body: &[u8]) -> Option<String> {
    let completion: Completion = serde_json::from_slice(body).ok()?;
    let message = completion.choices.into_iter().next()?.message?;
    let text = content(&message.content).or_else(|| {
        let call = message.tool_calls.get(0)?.get("function")?.get("arguments")?;
        Some(call.as_str().map_or_else(|| call.to_string(), str::to_owned))
    });
    text.or_else(|| {
        let reasoning = [message.reasoning_content, message.reasoning].into_iter();
        reasoning.filter_map(|it| it.as_str().map(str::to_owned)).find(|it| is_label_json(it.trim()))
    })
}

/// Text, or the joined text parts of a list; `None` if empty.
fn content(content: &Value) -> Option<String> {
    let text = match content {
        Value::String(text) => text.clone(),
        Value::Array(parts) => {
            let texts = parts
                .iter()
                .filter(|part| part.get("type").is_none_or(|it| it == "text" || it == "output_text"));
            texts.filter_map(|part| part.get("text")?.as_str()).collect()
        }
        _ => String::new(),
    };
    Some(text).filter(|it| !it.trim().is_empty())
}
