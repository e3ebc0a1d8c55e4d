//! Additional headers of an entry. A value is stored only with an address that its own entry states; the others are
//! names whose values must be entered, and until then the instance is not called.

use app::domain::{
    config::connection::{is_token, may_be_added},
    limits,
};
use serde_json::{Map, Value, json};

use super::{
    placeholder::{self, is_placeholder},
    tree::{Leftovers, Node},
};

const WHAT_TO_DO: &str = "enter its value in the instance, which is not called before";

/// Adds the headers in these fields to the body of an instance. `may_hold_values` tells whether the entry states its
/// address.
pub(super) fn add(
    body: &mut Value,
    node: &mut Node<'_>,
    names: &[&'static str],
    may_hold_values: bool,
    left: &Leftovers,
) {
    let auth_header = body["auth_header"].as_str().unwrap_or("authorization").to_owned();
    let mut headers = Map::new();
    for &field in names {
        let given = node.node(field, left);
        for (name, value) in given.unread() {
            let path = given.path_of(name);
            // A name that begins with this mark is no text in the file.
            if name.starts_with('!')
                || !is_token(name)
                || name.len() > limits::HEADER_NAME_CHARS
                || !may_be_added(name, &auth_header)
            {
                left.report(path, "This header cannot be added to calls, so it was left out.");
                continue;
            }
            let is_there = headers.keys().any(|it: &String| it.eq_ignore_ascii_case(name));
            if is_there || headers.len() >= limits::HEADERS {
                let words = format!(
                    "An instance has at most {} headers, each once; it was left out.",
                    limits::HEADERS
                );
                left.report(path, words);
                continue;
            }
            let value = match read_value(value) {
                Ok(value) if may_hold_values => json!(value),
                Ok(_) => {
                    let words = "The entry does not state the address that it is for; ".to_owned();
                    left.report(path, words + WHAT_TO_DO + ".");
                    Value::Null
                }
                Err(words) => {
                    left.report(path, words);
                    Value::Null
                }
            };
            headers.insert(name.to_owned(), value);
        }
    }
    if !headers.is_empty() {
        body["headers"] = headers.into();
    }
}

/// A value that can be sent, trimmed, or a message that quotes nothing of it.
fn read_value(value: &Value) -> Result<String, String> {
    let text = match value {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        _ => return Err(format!("It is not a text; {WHAT_TO_DO}.")),
    };
    if is_placeholder(&text) {
        return Err(placeholder::words(&text, WHAT_TO_DO));
    }
    let is_sent = text.bytes().all(|it| it.is_ascii_graphic() || it == b' ');
    if text.is_empty() || text.len() > limits::HEADER_VALUE_CHARS || !is_sent {
        return Err(format!("It cannot be sent as a header; {WHAT_TO_DO}."));
    }
    Ok(text)
}
