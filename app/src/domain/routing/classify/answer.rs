//! Parses a router model's answer: exactly one label, or invalid.
//!
//! The first applicable rule counts, from the most to the least explicit: JSON, a marked value, a label alone on the
//! first or last line, a short sentence that says nothing else. A label that merely occurs in a text is no choice:
//! "I can help you work that out" does not name a route called `work`.

mod cleanup;
mod json;
mod lines;
mod marked;
mod sentence;

pub(super) use json::is_label_json;

use super::Labels;

/// Maximum length of an answer that is read, in bytes. What a longer one says beyond that does not count.
pub const ANSWER_TEXT_BYTES: usize = 8 * 1024;

/// A parsed answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The route at this index of the balancer's routes.
    Route(usize),
    /// None of the routes.
    None,
    /// No label, or more than one.
    Invalid,
}

/// Parses an answer, ignoring case. Strips reasoning, chat marks and code fences first, then reads up to
/// [`ANSWER_TEXT_BYTES`].
pub fn parse(answer: &str, labels: &Labels) -> Answer {
    let answer = answer.to_ascii_lowercase();
    let answer = cleanup::without_reasoning(&answer);
    let answer = cleanup::without_fences(first_part(answer.trim()));
    json::read(&answer, labels)
        .or_else(|| marked::read(&answer, labels))
        .or_else(|| lines::read(&answer, labels))
        .or_else(|| sentence::read(&answer, labels))
        .unwrap_or(Answer::Invalid)
}

/// The text up to the limit. A line that the limit cuts is left out, because it could look like a label, unless it is
/// the only one.
fn first_part(text: &str) -> &str {
    if text.len() <= ANSWER_TEXT_BYTES {
        return text;
    }
    let mut end = ANSWER_TEXT_BYTES;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let part = &text[..end];
    part.rsplit_once('\n').map_or(part, |(lines, _)| lines)
}

/// The label that a text consists of, ignoring quotes, bullets, numbers and punctuation around it.
fn alone(text: &str, labels: &Labels) -> Option<Answer> {
    let bare = text.trim_matches(|c| !is_word(c));
    let unnumbered = without_number(bare, labels);
    [Some(text.trim()), Some(bare), unnumbered].into_iter().flatten().find_map(|it| labels.named(it))
}

/// The text behind a leading number such as `1.`, or before a trailing one such as `(0.9)`, unless the number is a
/// label itself. A number beside a hyphen, an underscore or only a space is part of a name.
fn without_number<'a>(text: &'a str, labels: &Labels) -> Option<&'a str> {
    let behind = text.trim_start_matches(|c: char| c.is_ascii_digit());
    let (number, label) = if behind.len() < text.len() {
        (text, behind.strip_prefix(['.', ')', ':', ']'])?.trim_matches(|c| !is_word(c)))
    } else {
        let before = text.trim_end_matches(|c: char| c.is_ascii_digit() || matches!(c, '.' | '%'));
        let label = before.trim_end_matches(|c: char| !is_word(c));
        let is_apart = before[label.len()..].contains(|c: char| !c.is_whitespace());
        (text.get(before.len()..).filter(|it| is_apart && !it.is_empty())?, label)
    };
    let digits = number.trim_matches(|c: char| !c.is_ascii_digit());
    let digits = digits.split(|c: char| !c.is_ascii_digit()).next().unwrap_or_default();
    labels.named(digits).is_none().then_some(label)
}

/// Whether a character can be part of a label or of a word.
fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '-'
}

#[cfg(test)]
mod tests;
