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
                let meaning = completed(rest).map_or(JsonMeaning::Other, |it| meaning(&it, labels, DEPTH));
                rest = "";
                match meaning {
                    // The cut may have removed the label.
                    JsonMeaning::Other => JsonMeaning::Label(Answer::Invalid),
                    known => known,
                }
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
    found
}

/// Whether a text is exactly one JSON value that names a label in the expected form.
pub(in crate::domain::routing::classify) fn is_label_json(text: &str) -> bool {
    let value = serde_json::from_str::<Value>(text);
    value.is_ok_and(|it| it.as_object().is_some_and(|it| KEYS.iter().any(|key| it.contains_key(*key))))
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
            [Value::String(text)] => JsonMeaning::Label(alone(text, labels).unwrap_or(Answer::Invalid)),
            [one @ Value::Object(_)] => meaning(one, labels, depth),
            [Value::String(_), ..] => JsonMeaning::Label(Answer::Invalid),
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
        _ => Answer::Invalid,
    }
}

/// Whether a text looks like an object or a list of strings rather than prose in brackets.
fn looks_like_json(text: &str) -> bool {
    text.get(1..).is_some_and(|it| it.trim_start().starts_with(['"', '{', '[']))
}

/// The value of truncated JSON, up to its last complete member or element.
fn completed(text: &str) -> Option<Value> {
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
            // Numbers and `null` are only complete if something follows.
            ',' => {
                complete = Some((at, closers()));
                is_key = open.last() == Some(&'}');
            }
            _ => {}
        }
    }
    let (end, closers) = complete?;
    serde_json::from_str(&[text.get(..end)?, &closers].concat()).ok()
}
