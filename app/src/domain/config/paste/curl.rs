//! Finds the body in a curl command. Addresses, headers and keys in it are not looked at.

use super::{error, shell};
use crate::domain::field_error::FieldError;

/// Options that carry data, in their long form.
const DATA: [&str; 5] = ["--data", "--data-raw", "--data-binary", "--data-ascii", "--json"];
/// Short options that take a value; in a bundle such as `-sH` the rest of the word, or the next word, is that value.
const SHORT_WITH_VALUE: &str = "AbcCDeEFhHKmoPQrtTuUwxXyYz";

/// Whether a text looks like a curl command; a prompt sign before it is let through.
pub(super) fn is_command(text: &str) -> bool {
    text.split_whitespace()
        .find(|it| !matches!(*it, "$" | "%" | ">"))
        .is_some_and(|it| it == "curl" || it == "curl.exe")
}

/// The data of the command; several are joined as curl does.
pub(super) fn body(text: &str) -> Result<String, FieldError> {
    let words =
        shell::words(text).map_err(|_| error("Close the quote that the command leaves open.".to_owned()))?;
    let mut parts: Vec<String> = Vec::new();
    let mut words = words.into_iter();
    while let Some(word) = words.next() {
        let data = match long(&word).or_else(|| short(&word)) {
            None => continue,
            Some(Found::Here(data)) => data,
            Some(Found::Next) => words.next().unwrap_or_default(),
            Some(Found::Other) => {
                words.next();
                continue;
            }
        };
        if data.starts_with('@') {
            return Err(error(
                "Paste the file's content; a command that names a file does not carry it.".to_owned(),
            ));
        }
        parts.push(data);
    }
    match parts.concat().is_empty() {
        true => Err(error("Paste a command with a JSON body after -d, --data or --json.".to_owned())),
        false => Ok(parts.join("&")),
    }
}

/// What a word of the command is.
enum Found {
    /// Data, in the word itself.
    Here(String),
    /// Data, in the next word.
    Next,
    /// Another option, whose value is the next word.
    Other,
}

fn long(word: &str) -> Option<Found> {
    if DATA.contains(&word) {
        return Some(Found::Next);
    }
    let (name, value) = word.split_once('=')?;
    DATA.contains(&name).then(|| Found::Here(value.to_owned()))
}

fn short(word: &str) -> Option<Found> {
    let bundle = word.strip_prefix('-').filter(|it| !it.starts_with('-'))?;
    let (place, option) =
        bundle.char_indices().find(|(_, it)| *it == 'd' || SHORT_WITH_VALUE.contains(*it))?;
    let value = &bundle[place + option.len_utf8()..];
    match (option, value.is_empty()) {
        ('d', true) => Some(Found::Next),
        ('d', false) => Some(Found::Here(value.to_owned())),
        (_, true) => Some(Found::Other),
        (_, false) => None,
    }
}
