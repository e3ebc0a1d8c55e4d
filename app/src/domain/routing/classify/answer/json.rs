//! Reads a label out of JSON: whole or cut short by a token limit, bare or in the midst of prose.

use serde_json::Value;

use super::{Answer, alone};
use crate::domain::routing::classify::Labels;

/// Members that may hold the label; of several the first in this order counts.
const KEYS: [&str; 6] = ["route", "label", "intent", "category", "answer", "choice"];
/// Members that wrap such an object, as in a tool call written out as text.
const WRAPPERS: [&str; 4] = ["arguments", "parameters", "input", "function"];
/// How deep the label may be wrapped.
const DEPTH: usize = 4;

/// What JSON means.
enum Meaning {
    /// It says something about the label.
    Label(Answer),
    /// It is about something else.
    Other,
}

/// The label that the JSON in a text names. `None` if there is none or it is about something else.
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
                let meaning = completed(rest).map_or(Meaning::Other, |it| meaning(&it, labels, DEPTH));
                rest = "";
                match meaning {
                    // What was cut off is the label itself, or stands where nobody can see it.
                    Meaning::Other => Meaning::Label(Answer::Invalid),
                    known => known,
                }
            }
            _ => {
                rest = &rest[1..];
                Meaning::Other
            }
        };
        if let Meaning::Label(answer) = meaning {
            if found.is_some_and(|it| it != answer) {
                return Some(Answer::Invalid);
            }
            found = Some(answer);
        }
    }
    found
}

/// Whether a text is one JSON value that names a label in the expected form, and nothing else.
pub(in crate::domain::routing::classify) fn is_label_json(text: &str) -> bool {
    let value = serde_json::from_str::<Value>(text);
    value.is_ok_and(|it| it.as_object().is_some_and(|it| KEYS.iter().any(|key| it.contains_key(*key))))
}

/// A text that begins with a quotation mark: a JSON string, or prose that begins with a quotation.
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

fn meaning(value: &Value, labels: &Labels, depth: usize) -> Meaning {
    let Some(depth) = depth.checked_sub(1) else { return Meaning::Other };
    match value {
        Value::Object(members) => {
            if let Some(value) = KEYS.iter().find_map(|key| members.get(*key)) {
                return Meaning::Label(label(value, labels, depth));
            }
            let wrapped = WRAPPERS.iter().filter_map(|key| members.get(*key));
            let mut meanings = wrapped.map(|value| match value {
                // Arguments of a tool call are JSON within JSON.
                Value::String(text) => match serde_json::from_str::<Value>(text) {
                    Ok(value) => meaning(&value, labels, depth),
                    Err(_) => Meaning::Other,
                },
                value => meaning(value, labels, depth),
            });
            meanings.find(|it| matches!(it, Meaning::Label(_))).unwrap_or(Meaning::Other)
        }
        Value::Array(elements) => match elements.as_slice() {
            [Value::String(text)] => Meaning::Label(alone(text, labels).unwrap_or(Answer::Invalid)),
            [one @ Value::Object(_)] => meaning(one, labels, depth),
            [Value::String(_), ..] => Meaning::Label(Answer::Invalid),
            _ => Meaning::Other,
        },
        _ => Meaning::Other,
    }
}

/// The label that a member's value names.
fn label(value: &Value, labels: &Labels, depth: usize) -> Answer {
    match value {
        Value::Null => Answer::None,
        Value::String(text) => alone(text, labels).unwrap_or(Answer::Invalid),
        Value::Array(elements) if elements.len() == 1 => label(&elements[0], labels, depth),
        Value::Object(_) => match meaning(value, labels, depth) {
            Meaning::Label(answer) => answer,
            Meaning::Other => Answer::Invalid,
        },
        _ => Answer::Invalid,
    }
}

/// Whether a text begins like an object with members or a list of strings, rather than prose in brackets.
fn looks_like_json(text: &str) -> bool {
    text.get(1..).is_some_and(|it| it.trim_start().starts_with(['"', '{', '[']))
}

/// The value of JSON that was cut short, up to the last member or element that is complete.
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
            // A number or `null` is known to be complete by what follows it.
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
