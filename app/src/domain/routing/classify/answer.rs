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

/// Parses an answer, ignoring case. Strips reasoning, chat marks and code fences first.
pub fn parse(answer: &str, labels: &Labels) -> Answer {
    let answer = answer.to_ascii_lowercase();
    let Some(answer) = cleanup::without_reasoning(&answer) else { return Answer::Invalid };
    let answer = cleanup::without_fences(&answer);
    json::read(&answer, labels)
        .or_else(|| marked::read(&answer, labels))
        .or_else(|| lines::read(&answer, labels))
        .or_else(|| sentence::read(&answer, labels))
        .unwrap_or(Answer::Invalid)
}

/// The label that a text consists of, ignoring quotes, bullets, numbering and punctuation around it.
fn alone(text: &str, labels: &Labels) -> Option<Answer> {
    let bare = text.trim_matches(|c| !is_word(c));
    let unnumbered = bare.trim_start_matches(|c: char| c.is_ascii_digit());
    let unnumbered = unnumbered.strip_prefix(['.', ')', ':']).map(|it| it.trim_matches(|c| !is_word(c)));
    [Some(text.trim()), Some(bare), Some(bare.trim_matches(['-', '_'])), unnumbered]
        .into_iter()
        .flatten()
        .find_map(|it| labels.named(it))
}

/// Whether a character can be part of a label or of a word.
fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '-'
}
