//! Labels in JSON: complete or cut off by a token limit, bare or within prose.

use serde_json::Value;

use super::{Answer, alone};
use crate::domain::routing::classify::Labels;

/// Members that may hold the label; the first in this order counts.
const KEYS: [&str; 6] = ["route", "label", "intent", "category", "answer", "choice"];
/// Members that wrap the label, as in a tool call written as text.
const WRAPPERS: [&str; 4] = ["arguments", "parameters", "input", "function"];
/// Maximum nesting of the label.
const DEPTH: usize = 4;

/// The meaning of a JSON value.
enum JsonMeaning {
    /// It names a label, or should have.
    Label(Answer),
    /// It is unrelated.
    Other,
}

/// The label named by the JSON in a text. `None` if there is no JSON or it is unrelated.
pub(super) fn read(text: &str, labels: &Labels) -> Option<Answer> {
    let whole = text.trim();
    if whole == "null" {
        return Some(Answer::None);
    }
    if let Some(inner) = whole.strip_prefix('"') {
        return quoted(whole, inner, labels);
    }
    let mut found: Option<Answer> = None;
    let mut rest = whole;
    while let Some(start) = rest.find(['{', '[']) {
        rest = &rest[start..];
        let mut values = serde_json::Deserializer::from_str(rest).into_iter::<Value>();
        let meaning = match values.next() {
            Some(Ok(value)) => {
                rest = &rest[values.byte_offset()..];
                meaning(&value, labels, DEPTH)
            }
            Some(Err(error)) if error.is_eof() && looks_like_json(rest) => {
                let meaning = truncated(rest, labels);
                rest = "";
                meaning
            }
            _ => {
                rest = &rest[1..];
                JsonMeaning::Other
            }
        };
        if let JsonMeaning::Label(answer) = meaning {
            if found.is_some_and(|it| it != answer) {
                return Some(Answer::Invalid);
            }
            found = Some(answer);
        }
    }
    // Whatever kind of object that would have been, the label may have been cut.
    let is_open = whole.starts_with('{') && !whole.contains('}');
    found.or(is_open.then_some(Answer::Invalid))
}

/// Whether a text is exactly one JSON value that names a label in the expected form.
pub(in crate::domain::routing::classify) fn is_label_json(text: &str) -> bool {
    let value = serde_json::from_str::<Value>(text);
    value.is_ok_and(|it| it.as_object().is_some_and(|it| KEYS.iter().any(|key| it.contains_key(*key))))
}

/// The meaning of truncated JSON. The cut may have removed the label, or a label that precedes the one that is left.
fn truncated(text: &str, labels: &Labels) -> JsonMeaning {
    let Some((value, removed)) = completed(text) else { return JsonMeaning::Label(Answer::Invalid) };
    let rank = |text: &str| KEYS.iter().position(|key| text.contains(&format!("\"{key}\"")));
    let kept = text.strip_suffix(removed).unwrap_or(text);
    if rank(removed).is_some_and(|it| rank(kept).is_none_or(|kept| it < kept)) {
        return JsonMeaning::Label(Answer::Invalid);
    }
    match meaning(&value, labels, DEPTH) {
        JsonMeaning::Other => JsonMeaning::Label(Answer::Invalid),
        known => known,
    }
}

/// Reads a text that begins with a quotation mark: a JSON string, or prose that begins with a quotation.
fn quoted(whole: &str, inner: &str, labels: &Labels) -> Option<Answer> {
    if !inner.contains('"') {
        return Some(Answer::Invalid);
    }
    let value: String = serde_json::from_str(whole).ok()?;
    labels.named(value.trim()).or_else(|| match value.trim().starts_with(['{', '[']) {
        true => read(&value, labels),
        false => None,
    })
}

fn meaning(value: &Value, labels: &Labels, depth: usize) -> JsonMeaning {
    let Some(depth) = depth.checked_sub(1) else { return JsonMeaning::Other };
    match value {
        Value::Object(members) => {
            if let Some(value) = KEYS.iter().find_map(|key| members.get(*key)) {
                return JsonMeaning::Label(label(value, labels, depth));
            }
            let wrapped = WRAPPERS.iter().filter_map(|key| members.get(*key));
            let mut meanings = wrapped.map(|value| match value {
                // Arguments of a tool call are JSON within JSON.
                Value::String(text) => match serde_json::from_str::<Value>(text) {
                    Ok(value) => meaning(&value, labels, depth),
                    Err(_) => JsonMeaning::Other,
                },
                value => meaning(value, labels, depth),
            });
            meanings.find(|it| matches!(it, JsonMeaning::Label(_))).unwrap_or(JsonMeaning::Other)
        }
        Value::Array(elements) => match elements.as_slice() {
            [one @ (Value::String(_) | Value::Null)] => JsonMeaning::Label(label(one, labels, depth)),
            [one @ (Value::Object(_) | Value::Array(_))] => meaning(one, labels, depth),
            _ => JsonMeaning::Other,
        },
        _ => JsonMeaning::Other,
    }
}

/// The label named by a member's value.
fn label(value: &Value, labels: &Labels, depth: usize) -> Answer {
    match value {
        Value::Null => Answer::None,
        Value::String(text) => alone(text, labels).unwrap_or(Answer::Invalid),
        Value::Array(elements) if elements.len() == 1 => label(&elements[0], labels, depth),
        Value::Object(_) => match meaning(value, labels, depth) {
            JsonMeaning::Label(answer) => answer,
            JsonMeaning::Other => Answer::Invalid,
        },
        // A label may be a number, such as `2024`.
        Value::Number(number) => labels.named(&number.to_string()).unwrap_or(Answer::Invalid),
        Value::Array(_) | Value::Bool(_) => Answer::Invalid,
    }
}

/// Whether a text looks like an object or a list of strings rather than prose in brackets.
fn looks_like_json(text: &str) -> bool {
    text.get(1..).is_some_and(|it| it.trim_start().starts_with(['"', '{', '[']))
}

/// The value of truncated JSON up to its last complete member or element, and the text after that.
fn completed(text: &str) -> Option<(Value, &str)> {
    let mut open: Vec<char> = Vec::new();
    let mut complete: Option<(usize, String)> = None;
    let (mut in_string, mut escaped, mut is_key) = (false, false, false);
    for (at, c) in text.char_indices() {
        let end = at + c.len_utf8();
        let closers = || open.iter().rev().collect::<String>();
        if in_string {
            match c {
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                '"' => {
                    in_string = false;
                    if !is_key {
                        complete = Some((end, closers()));
                    }
                }
                _ => {}
            }
            continue;
        }
        match c {
            '"' => in_string = true,
            '{' => {
                open.push('}');
                is_key = true;
            }
            '[' => {
                open.push(']');
                is_key = false;
            }
            '}' | ']' => {
                open.pop();
                complete = Some((end, open.iter().rev().collect()));
            }
            ':' => is_key = false,
            // Numbers are only complete if something follows.
            ',' => {
                is_key = open.last() == Some(&'}');
                // A list goes on, whatever the next element would have been.
                let next = if is_key { "" } else { ",null" };
                complete = Some((at, [next, &closers()].concat()));
            }
            // No other value begins like that.
            'l' if !is_key && text[..end].ends_with("null") => complete = Some((end, closers())),
            _ => {}
        }
    }
    let (end, closers) = complete?;
    let (kept, removed) = text.split_at_checked(end)?;
    Some((serde_json::from_str(&[kept, &closers].concat()).ok()?, removed))
}
