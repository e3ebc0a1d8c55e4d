//! Reading of a chat completion: the answer's text, and how the answer ended.

use serde::Deserialize;
use serde_json::Value;

use super::answer::is_label_json;

#[derive(Deserialize)]
struct CompletionBody {
    #[serde(default)]
    choices: Vec<Choice>,
    #[serde(default)]
    usage: Value,
}

#[derive(Deserialize)]
struct Choice {
    message: Option<Message>,
    #[serde(default)]
    finish_reason: Value,
}

#[derive(Deserialize)]
struct Message {
    #[serde(default)]
    content: Value,
    #[serde(default)]
    tool_calls: Value,
    /// The older form of a tool call.
    #[serde(default)]
    function_call: Value,
    #[serde(default)]
    reasoning_content: Value,
    #[serde(default)]
    reasoning: Value,
}

/// The first choice of a chat completion.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Completion {
    /// See [`answer_text`].
    pub(super) text: Option<String>,
    /// Whether the token limit ended it.
    pub(super) is_cut: bool,
    /// Whether a content filter ended it.
    pub(super) is_filtered: bool,
    /// Whether its content is nothing but white space.
    pub(super) is_blank: bool,
    /// Tokens of the completion, reasoning included, if the upstream reported them.
    pub(super) tokens: Option<u64>,
}

impl Completion {
    /// Reads the body of a completion; everything is absent if it is none.
    pub(super) fn read(body: &[u8]) -> Self {
        let Ok(body) = serde_json::from_slice::<CompletionBody>(body) else { return Self::default() };
        let tokens = body.usage.get("completion_tokens").and_then(Value::as_u64);
        let Some(choice) = body.choices.into_iter().next() else { return Self { tokens, ..Self::default() } };
        let ended_by = |reasons: [&str; 2]| {
            choice
                .finish_reason
                .as_str()
                .is_some_and(|it| reasons.iter().any(|by| it.eq_ignore_ascii_case(by)))
        };
        let (is_cut, is_filtered) =
            (ended_by(["length", "max_tokens"]), ended_by(["content_filter", "safety"]));
        let content = choice.message.as_ref().and_then(|it| it.content.as_str());
        let is_blank = content.is_some_and(|it| !it.is_empty() && it.trim().is_empty());
        Self { text: choice.message.and_then(text_of), is_cut, is_filtered, is_blank, tokens }
    }
}

/// The text of the first choice: the arguments of a tool call if they are the label's JSON, else `content` as text or
/// parts; if that is empty, any arguments, or reasoning that is just the label's JSON (some servers put a constrained
/// answer there). `None` if the body is not a completion or has no text.
pub fn answer_text(body: &[u8]) -> Option<String> {
    Completion::read(body).text
}

fn text_of(message: Message) -> Option<String> {
    let call = message.tool_calls.get(0).and_then(|it| it.get("function")).unwrap_or(&message.function_call);
    let arguments = call.get("arguments");
    let arguments = arguments.map(|it| it.as_str().map_or_else(|| it.to_string(), str::to_owned));
    if arguments.as_deref().is_some_and(|it| is_label_json(it.trim())) {
        return arguments;
    }
    content(&message.content).or(arguments.filter(|it| !it.trim().is_empty())).or_else(|| {
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
