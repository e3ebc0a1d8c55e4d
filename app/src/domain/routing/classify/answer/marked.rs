//! Labels marked as the result: `<answer>x</answer>`, `\boxed{x}`, `Route: x`, `**x**`. The last one counts, because
//! unrequested reasoning precedes it.

use super::{Answer, alone, is_word};
use crate::domain::routing::classify::Labels;

/// Tags around a result.
const TAGS: [&str; 12] = [
    "answer",
    "final_answer",
    "final",
    "output",
    "result",
    "response",
    "route",
    "label",
    "intent",
    "category",
    "choice",
    "classification",
];
/// Words before the colon of a result.
const KEYS: [&str; 12] = [
    "route",
    "label",
    "intent",
    "category",
    "answer",
    "choice",
    "class",
    "classification",
    "decision",
    "destination",
    "output",
    "result",
];
/// Words that say that the value is not the result: "Second choice: x".
const REJECTED: [&str; 12] = [
    "alternative",
    "incorrect",
    "least",
    "not",
    "other",
    "possible",
    "previous",
    "rejected",
    "runner",
    "second",
    "worst",
    "wrong",
];
/// Commands of LaTeX around a result.
const BOXES: [&str; 2] = ["\\boxed{", "\\fbox{"];
/// Maximum number of words of such a key: "The best route is:".
const KEY_WORDS: usize = 5;

/// The label in the last marked value, if it is one.
pub(super) fn read(text: &str, labels: &Labels) -> Option<Answer> {
    let values = tagged(text).chain(boxed(text)).chain(bold(text)).chain(keyed(text));
    let (_, last) = values.max_by_key(|(at, _)| *at)?;
    alone(last, labels).or_else(|| explained(last, labels))
}

/// The label of a value that is followed by its reason, as in "Route: x. It is about y." or "Route: x – about y".
fn explained(value: &str, labels: &Labels) -> Option<Answer> {
    let sentence =
        [". ", " (", " because "].iter().filter_map(|it| value.find(it)).min().map(|at| value.split_at(at));
    let aside = [" - ", " – ", " — ", " | ", "; "].iter().filter_map(|it| value.split_once(it));
    // Without a new sentence, a further label would be a second choice.
    let aside = aside.min_by_key(|(before, _)| before.len()).filter(|(_, reason)| !labels.occur_in(reason));
    sentence.into_iter().chain(aside).find_map(|(before, _)| alone(before, labels))
}

/// Marked values with their positions.
fn tagged(text: &str) -> impl Iterator<Item = (usize, &str)> {
    TAGS.iter().filter_map(|tag| {
        let open = text.rfind(&format!("<{tag}>"))? + tag.len() + 2;
        let close = text[open..].find(&format!("</{tag}>"))?;
        Some((open, &text[open..open + close]))
    })
}

fn boxed(text: &str) -> impl Iterator<Item = (usize, &str)> {
    BOXES.into_iter().filter_map(|open| {
        let start = text.rfind(open)? + open.len();
        let inner = &text[start..];
        // A font command may stand within: `\boxed{\text{x}}`.
        let font = inner.strip_prefix('\\').and_then(|it| it.split_once('{'));
        let inner =
            font.filter(|(name, _)| name.bytes().all(|b| b.is_ascii_lowercase())).map_or(inner, |it| it.1);
        Some((start, &inner[..inner.find('}')?]))
    })
}

fn bold(text: &str) -> impl Iterator<Item = (usize, &str)> {
    ["**", "__"].into_iter().flat_map(move |mark| {
        let places: Vec<usize> = text.match_indices(mark).map(|(at, _)| at + mark.len()).collect();
        let pairs: Vec<(usize, usize)> = places.chunks_exact(2).map(|it| (it[0], it[1])).collect();
        pairs.into_iter().filter_map(move |(start, end)| {
            let value = &text[start..end - mark.len()];
            // A heading marks the following text.
            let is_heading = value.trim_end().ends_with(':') || text[end..].trim_start().starts_with(':');
            (!is_heading && !value.trim().is_empty()).then_some((start, value))
        })
    })
}

fn keyed(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut line_start = 0;
    text.split_inclusive('\n').filter_map(move |line| {
        let start = line_start;
        line_start += line.len();
        line.char_indices().rev().filter(|(_, c)| matches!(c, ':' | '=' | '：' | '→')).find_map(|(at, c)| {
            let mut words = line[..at].split(|c| !is_word(c)).filter(|it| !it.is_empty());
            let (count, last) = (words.clone().count(), words.clone().next_back()?);
            let last = if last == "is" { words.clone().rev().nth(1)? } else { last };
            let is_key =
                count <= KEY_WORDS && KEYS.contains(&last) && !words.any(|it| REJECTED.contains(&it));
            let at = at + c.len_utf8();
            // The value may stand within a tag.
            let value = line[at..].split("</").next().unwrap_or_default();
            let below = || text[start + line.len()..].lines().find(|it| it.contains(char::is_alphanumeric));
            let is_filled = value.contains(char::is_alphanumeric);
            is_key.then(|| (start + at, if is_filled { value } else { below().unwrap_or_default() }))
        })
    })
}
