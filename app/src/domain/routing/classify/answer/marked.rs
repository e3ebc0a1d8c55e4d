//! Labels marked as the result: `<answer>x</answer>`, `\boxed{x}`, `Route: x`, `**x**`. The last one counts, because
//! unrequested reasoning precedes it.

use super::{Answer, alone, is_word};
use crate::domain::routing::classify::Labels;

/// Tags around a result.
const TAGS: [&str; 9] =
    ["answer", "final_answer", "final", "output", "route", "label", "intent", "category", "choice"];
/// Words before the colon of a result.
const KEYS: [&str; 8] =
    ["route", "label", "intent", "category", "answer", "choice", "classification", "destination"];
/// Maximum number of words of such a key: "The best route is:".
const KEY_WORDS: usize = 5;

/// The label in the last marked value, if it is one.
pub(super) fn read(text: &str, labels: &Labels) -> Option<Answer> {
    let values = tagged(text).chain(boxed(text)).chain(bold(text)).chain(keyed(text));
    let (_, last) = values.max_by_key(|(at, _)| *at)?;
    alone(last, labels).or_else(|| {
        // "Route: x. It is about y.": only a new sentence or a bracket may follow.
        let end = [". ", " ("].iter().filter_map(|it| last.find(it)).min()?;
        alone(&last[..end], labels)
    })
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
    const BOXED: &str = "\\boxed{";
    text.rfind(BOXED).into_iter().filter_map(|at| {
        let start = at + BOXED.len();
        let inner = &text[start..];
        let inner = inner.strip_prefix("\\text{").unwrap_or(inner);
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
        line.char_indices().rev().filter(|(_, c)| matches!(c, ':' | '=' | '：')).find_map(|(at, c)| {
            let mut words = line[..at].split(|c| !is_word(c)).filter(|it| !it.is_empty());
            let (count, last) = (words.clone().count(), words.clone().next_back()?);
            let last = if last == "is" { words.clone().rev().nth(1)? } else { last };
            let is_key = count <= KEY_WORDS && KEYS.contains(&last) && !words.any(|it| it == "not");
            let value = at + c.len_utf8();
            is_key.then_some((start + value, &line[value..]))
        })
    })
}
