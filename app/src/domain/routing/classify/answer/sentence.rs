//! Short sentences that name one label and say nothing else, such as "The best route is billing."

use super::Answer;
use crate::domain::routing::classify::Labels;

/// Maximum number of words of such a sentence.
const WORDS: usize = 12;

/// Words that may surround a label.
const FILLERS: [&str; 24] = [
    "a", "an", "answer", "be", "best", "category", "choice", "choose", "fits", "go", "i", "intent", "is",
    "it", "label", "matches", "pick", "route", "select", "should", "the", "this", "to", "would",
];

/// Further words allowed in a sentence that says that no route fits.
const NO_FIT: [&str; 59] = [
    "above",
    "any",
    "applicable",
    "applies",
    "apply",
    "appropriate",
    "are",
    "available",
    "categories",
    "choices",
    "clear",
    "clearly",
    "defined",
    "do",
    "does",
    "fit",
    "fitting",
    "for",
    "from",
    "given",
    "good",
    "here",
    "intents",
    "known",
    "labels",
    "list",
    "listed",
    "match",
    "matches",
    "matching",
    "no",
    "none",
    "not",
    "nothing",
    "of",
    "option",
    "options",
    "other",
    "others",
    "prompt",
    "provided",
    "really",
    "request",
    "routes",
    "s",
    "say",
    "says",
    "seem",
    "seems",
    "suitable",
    "suits",
    "text",
    "that",
    "them",
    "there",
    "these",
    "those",
    "user",
    "with",
];
/// Words that must follow "no …" to say that nothing fits. "No, it is not clear" does not.
const NO_WHAT: [&str; 21] = [
    "route",
    "routes",
    "label",
    "labels",
    "intent",
    "intents",
    "category",
    "categories",
    "option",
    "options",
    "choice",
    "match",
    "matching",
    "applicable",
    "appropriate",
    "clear",
    "fit",
    "fits",
    "fitting",
    "good",
    "suitable",
];

/// Maximum number of parts of a sentence that is read: each word may be a label of several.
const PARTS: usize = 12 * 32;

/// The label named by a sentence of up to twelve words.
pub(super) fn read(text: &str, labels: &Labels) -> Option<Answer> {
    if parts(text).count() > PARTS || word_count(text, labels) > WORDS {
        return None;
    }
    only_label(text, labels).or_else(|| preferred(text, labels)).or_else(|| nothing_fits(text, labels))
}

/// The runs of letters and digits in a text.
fn parts(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|it| !it.is_empty())
}

/// The number of words; a label is one, however it is spelled.
fn word_count(text: &str, labels: &Labels) -> usize {
    let parts: Vec<&str> = parts(text).collect();
    let (mut at, mut count) = (0, 0);
    while at < parts.len() {
        at += labels.at(&parts[at..]).map_or(1, |(_, length)| length);
        count += 1;
    }
    count
}

/// The only label of a text whose other words are all fillers.
fn only_label(text: &str, labels: &Labels) -> Option<Answer> {
    let mut found: Option<Answer> = None;
    let parts: Vec<&str> = parts(text).collect();
    let mut at = 0;
    while at < parts.len() {
        match labels.at(&parts[at..]) {
            Some((answer, length)) => {
                if found.is_some_and(|it| it != answer) {
                    return None;
                }
                found = Some(answer);
                at += length;
            }
            None if FILLERS.contains(&parts[at]) => at += 1,
            None => return None,
        }
    }
    found
}

/// The first label of "x, not y", "x rather than y" and "x instead of y".
fn preferred(text: &str, labels: &Labels) -> Option<Answer> {
    let is_mark = |c: char| !c.is_alphanumeric() && !c.is_whitespace();
    let (chosen, rejected) = [" rather than ", " instead of "]
        .iter()
        .find_map(|it| text.split_once(it))
        .or_else(|| text.split_once("not ").filter(|(before, _)| before.trim_end().ends_with(is_mark)))?;
    let (chosen, rejected) = (only_label(chosen, labels)?, only_label(rejected, labels)?);
    (chosen != rejected).then_some(chosen)
}

/// Detects a sentence that says that no route fits.
fn nothing_fits(text: &str, labels: &Labels) -> Option<Answer> {
    let text = text.replace("n't", " not").replace("n’t", " not");
    let all: Vec<&str> = parts(&text).collect();
    let names_route = (0..all.len()).any(|at| matches!(labels.at(&all[at..]), Some((Answer::Route(_), _))));
    let says_no = (all.contains(&"none") && !all.contains(&"not"))
        || all.contains(&"nothing")
        || (all.contains(&"not") && all.contains(&"any"))
        || all.windows(2).any(|pair| pair[0] == "no" && NO_WHAT.contains(&pair[1]));
    let only_that = all.iter().all(|it| NO_FIT.contains(it) || FILLERS.contains(it));
    (says_no && only_that && !names_route && all.len() > 1).then_some(Answer::None)
}
