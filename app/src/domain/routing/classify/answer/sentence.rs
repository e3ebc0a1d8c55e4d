//! Short sentences that name one label and say nothing else, such as "The best route is billing."

use super::{Answer, is_word};
use crate::domain::routing::classify::Labels;

/// Maximum number of words of such a sentence.
const WORDS: usize = 12;

/// Words that may surround a label.
const FILLERS: [&str; 24] = [
    "a", "an", "answer", "be", "best", "category", "choice", "choose", "fits", "go", "i", "intent", "is",
    "it", "label", "matches", "pick", "route", "select", "should", "the", "this", "to", "would",
];

/// Further words allowed in a sentence that says that no route fits.
const NO_FIT: [&str; 46] = [
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
    "do",
    "does",
    "fit",
    "fitting",
    "for",
    "from",
    "given",
    "here",
    "intents",
    "labels",
    "list",
    "listed",
    "match",
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
    "request",
    "routes",
    "suitable",
    "suits",
    "text",
    "that",
    "them",
    "there",
    "these",
    "those",
    "user",
];
/// Words that must follow "no …" to say that nothing fits. "No, it is not clear" does not.
const NO_WHAT: [&str; 13] = [
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
];

/// The label named by a sentence of up to twelve words.
pub(super) fn read(text: &str, labels: &Labels) -> Option<Answer> {
    if words(text).count() > WORDS {
        return None;
    }
    only_label(text, labels).or_else(|| preferred(text, labels)).or_else(|| nothing_fits(text, labels))
}

/// The words of a text; hyphens and underscores are part of words.
fn words(text: &str) -> impl DoubleEndedIterator<Item = &str> {
    text.split(|c| !is_word(c)).map(|it| it.trim_matches(['-', '_'])).filter(|it| !it.is_empty())
}

/// The only label of a text whose other words are all fillers.
fn only_label(text: &str, labels: &Labels) -> Option<Answer> {
    let mut found: Option<Answer> = None;
    let tokens: Vec<&str> = text.split(|c: char| !c.is_alphanumeric()).filter(|it| !it.is_empty()).collect();
    let mut at = 0;
    while at < tokens.len() {
        match labels.at(&tokens[at..]) {
            Some((answer, length)) => {
                if found.is_some_and(|it| it != answer) {
                    return None;
                }
                found = Some(answer);
                at += length;
            }
            None if FILLERS.contains(&tokens[at]) => at += 1,
            None => return None,
        }
    }
    found
}

/// The first label of "x, not y", "x rather than y" and "x instead of y".
fn preferred(text: &str, labels: &Labels) -> Option<Answer> {
    let (chosen, rejected) =
        [" rather than ", " instead of "].iter().find_map(|it| text.split_once(it)).or_else(|| {
            text.split_once(" not ").filter(|(before, _)| {
                before.trim_end().ends_with(|c: char| !is_word(c) && !c.is_whitespace())
            })
        })?;
    let (chosen, rejected) = (only_label(chosen, labels)?, only_label(rejected, labels)?);
    (chosen != rejected).then_some(chosen)
}

/// Detects a sentence that says that no route fits.
fn nothing_fits(text: &str, labels: &Labels) -> Option<Answer> {
    let all: Vec<&str> = words(text).collect();
    let names_route = (0..all.len()).any(|at| matches!(labels.at(&all[at..]), Some((Answer::Route(_), _))));
    let says_no = (all.contains(&"none") && !all.contains(&"not"))
        || all.contains(&"nothing")
        || (all.contains(&"not") && all.contains(&"any"))
        || all.windows(2).any(|pair| pair[0] == "no" && NO_WHAT.contains(&pair[1]));
    let only_that = all.iter().all(|it| NO_FIT.contains(it) || FILLERS.contains(it));
    (says_no && only_that && !names_route && all.len() > 1).then_some(Answer::None)
}
