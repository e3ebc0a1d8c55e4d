//! Excerpts of long texts. Both ends are kept, because a prompt usually states its request at the beginning or the
//! end.

use std::borrow::Cow;

const GAP: &str = " … ";
const GAP_CHARS: usize = 3;

/// Shortens a text to `max_chars` characters: beginning and end with a gap between.
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

/// Byte offset of the `n`-th character.
fn nth_from_start(text: &str, n: usize) -> usize {
    text.char_indices().nth(n).map_or(text.len(), |(at, _)| at)
}

/// Byte offset of the last `n` characters.
fn nth_from_end(text: &str, n: usize) -> usize {
    match n.checked_sub(1) {
        None => text.len(),
        Some(last) => text.char_indices().nth_back(last).map_or(0, |(at, _)| at),
    }
}
