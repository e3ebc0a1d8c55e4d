//! Extracts the body of a curl command. Ignores URL, headers and keys.

use super::{error, shell};
use crate::domain::field_error::FieldError;

/// Long options with a body.
const DATA: [&str; 5] = ["--data", "--data-raw", "--data-binary", "--data-ascii", "--json"];
/// Short options with a value. In a bundle such as `-sH` the value is the rest of the word or the next word.
const SHORT_WITH_VALUE: &str = "AbcCDeEFhHKmoPQrtTuUwxXyYz";

/// Whether a text looks like a curl command, with or without a shell prompt.
pub(super) fn is_command(text: &str) -> bool {
    text.split_whitespace()
        .find(|it| !matches!(*it, "$" | "%" | ">"))
        .is_some_and(|it| it == "curl" || it == "curl.exe")
}

/// The body of the command; several data options are joined as curl does.
pub(super) fn body(text: &str) -> Result<String, FieldError> {
    let words = shell::words(text).map_err(|_| error("Close the open quote in the command.".to_owned()))?;
    let mut parts: Vec<String> = Vec::new();
    let mut words = words.into_iter();
    while let Some(word) = words.next() {
        let data = match long(&word).or_else(|| short(&word)) {
            None => continue,
            Some(OptionKind::DataAttached(data)) => data,
            Some(OptionKind::DataFollows) => words.next().unwrap_or_default(),
            Some(OptionKind::ValueFollows) => {
                words.next();
                continue;
            }
        };
        if data.starts_with('@') {
            return Err(error("Paste the content of the file instead of its name.".to_owned()));
        }
        parts.push(data);
    }
    match parts.concat().is_empty() {
        true => Err(error("Paste a command with a JSON body after -d, --data or --json.".to_owned())),
        false => Ok(parts.join("&")),
    }
}

/// Role of a word of the command.
enum OptionKind {
    /// A data option with its value attached.
    DataAttached(String),
    /// A data option; the next word is its value.
    DataFollows,
    /// Another option; the next word is its value.
    ValueFollows,
}

fn long(word: &str) -> Option<OptionKind> {
    if DATA.contains(&word) {
        return Some(OptionKind::DataFollows);
    }
    let (name, value) = word.split_once('=')?;
    DATA.contains(&name).then(|| OptionKind::DataAttached(value.to_owned()))
}

fn short(word: &str) -> Option<OptionKind> {
    let bundle = word.strip_prefix('-').filter(|it| !it.starts_with('-'))?;
    let (place, option) =
        bundle.char_indices().find(|(_, it)| *it == 'd' || SHORT_WITH_VALUE.contains(*it))?;
    let value = &bundle[place + option.len_utf8()..];
    match (option, value.is_empty()) {
        ('d', true) => Some(OptionKind::DataFollows),
        ('d', false) => Some(OptionKind::DataAttached(value.to_owned())),
        (_, true) => Some(OptionKind::ValueFollows),
        (_, false) => None,
    }
}
