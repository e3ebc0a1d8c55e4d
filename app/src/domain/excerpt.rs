//! Long text made short, both ends kept: a prompt tends to say what it wants at its beginning or its end.

use std::borrow::Cow;

const GAP: &str = " … ";
const GAP_CHARS: usize = 3;

/// The text within `max_chars` characters: as it is, or its beginning and its end with a gap between.
pub fn excerpt(text: &str, max_chars: usize) -> Cow<'_, str> {
    if text.len() <= max_chars || text.chars().nth(max_chars).is_none() {
        return Cow::Borrowed(text);
    }
    let Some(kept) = max_chars.checked_sub(GAP_CHARS) else {
        return Cow::Borrowed(&text[..nth_from_start(text, max_chars)]);
    };
    let head = &text[..nth_from_start(text, kept.div_ceil(2))];
    let tail = &text[nth_from_end(text, kept / 2)..];
    Cow::Owned([head, GAP, tail].concat())
}

/// Where the character of that number begins.
fn nth_from_start(text: &str, n: usize) -> usize {
    text.char_indices().nth(n).map_or(text.len(), |(at, _)| at)
}

/// Where the last `n` characters begin.
fn nth_from_end(text: &str, n: usize) -> usize {
    match n.checked_sub(1) {
        None => text.len(),
        Some(last) => text.char_indices().nth_back(last).map_or(0, |(at, _)| at),
    }
}
