//! Reads a router model's answer: a label, bare or dressed up, or nothing that counts.

use serde::Deserialize;

use super::Labels;

/// What an answer means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The route in this place of the balancer.
    Route(usize),
    /// None of the routes.
    None,
    /// No label, or more than one.
    Invalid,
}

/// Tags around reasoning that is not the answer.
const REASONING: [&str; 5] = ["think", "thinking", "reasoning", "reflection", "thought"];

/// The answer in the shape of the JSON schema.
#[derive(Deserialize)]
struct Shaped {
    route: String,
}

/// Reads an answer, whatever its case: reasoning is left out; then `{"route": "…"}` counts, or the bare label in
/// any quotes or fences; else the one label that occurs as a whole word.
pub fn parse(answer: &str, labels: &Labels) -> Answer {
    let answer = answer.to_ascii_lowercase();
    let Some(answer) = after_reasoning(&answer) else { return Answer::Invalid };
    if let Some(shaped) = shaped(answer) {
        return named(shaped.route.trim(), labels).unwrap_or(Answer::Invalid);
    }
    let bare = answer.trim_matches(|c| !is_word(c));
    named(bare, labels).unwrap_or_else(|| only_one_within(answer, labels))
}

/// The answer of exactly that label.
fn named(text: &str, labels: &Labels) -> Option<Answer> {
    if labels.none.eq_ignore_ascii_case(text) {
        return Some(Answer::None);
    }
    labels.routes.iter().find(|(_, label)| label.eq_ignore_ascii_case(text)).map(|(at, _)| Answer::Route(*at))
}

/// The label that occurs in the text where no other does.
fn only_one_within(text: &str, labels: &Labels) -> Answer {
    let mut answer = Answer::Invalid;
    for word in text.split(|c| !is_word(c)) {
        // Hyphens and underscores can be a label's own or a bullet's and italics'.
        match named(word, labels).or_else(|| named(word.trim_matches(['-', '_']), labels)) {
            Some(found) if answer == Answer::Invalid || answer == found => answer = found,
            Some(_) => return Answer::Invalid,
            None => {}
        }
    }
    answer
}

/// What follows the last closed reasoning; `None` where reasoning was begun and never ended.
fn after_reasoning(answer: &str) -> Option<&str> {
    let mut rest = answer;
    for tag in REASONING {
        if let Some((_, after)) = rest.rsplit_once(&format!("</{tag}>")) {
            rest = after;
        }
    }
    let open = REASONING.iter().any(|tag| rest.contains(&format!("<{tag}>")));
    (!open).then_some(rest)
}

/// The JSON object in the text, if it is one of the asked shape.
fn shaped(answer: &str) -> Option<Shaped> {
    let object = answer.get(answer.find('{')?..=answer.rfind('}')?)?;
    serde_json::from_str(object).ok()
}

/// Whether a character can be part of a label or of a word around it.
fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '-'
}
