//! Access to single values in JSON text without building a tree.
//!
//! The text must be valid JSON; on other text the iterators end early or return nonsense, but never panic. Values
//! are returned as written, so they can be forwarded byte for byte.

use std::{borrow::Cow, fmt, ops::Range};

use serde::{Deserialize, Deserializer, de::Visitor};

/// A member of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member<'a> {
    /// The raw key without its quotes; see [`Member::is`].
    pub key: &'a str,
    /// The raw value.
    pub value: &'a str,
    /// Position of the value in the text.
    pub value_at: Range<usize>,
    /// From the previous separator to the next one, including whitespace.
    pub between: Range<usize>,
}

impl<'a> Member<'a> {
    /// The key after unescaping.
    pub fn name(&self) -> Cow<'a, str> {
        if self.key.contains('\\') { unescaped(self.key) } else { Cow::Borrowed(self.key) }
    }

    /// Whether the key equals `name` after unescaping.
    pub fn is(&self, name: &str) -> bool {
        self.key == name || (self.key.contains('\\') && unescaped(self.key) == name)
    }
}

/// The members of an object in their order.
pub fn members(object: &str) -> Members<'_> {
    let start = blank_end(object.as_bytes(), 0);
    let at = if object.as_bytes().get(start) == Some(&b'{') { start + 1 } else { object.len() };
    Members { text: object, at }
}

/// See [`members`].
#[derive(Clone, Debug)]
pub struct Members<'a> {
    text: &'a str,
    /// Position after the last separator.
    at: usize,
}

impl<'a> Iterator for Members<'a> {
    type Item = Member<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        let bytes = self.text.as_bytes();
        let start = self.at;
        let key_start = blank_end(bytes, start);
        if bytes.get(key_start) != Some(&b'"') {
            self.at = bytes.len();
            return None;
        }
        let key_end = string_end(bytes, key_start);
        let colon = blank_end(bytes, key_end);
        let value_start = blank_end(bytes, colon + 1);
        let value_end = value_end(bytes, value_start);
        let end = blank_end(bytes, value_end);
        // After the closing brace there is no next key, and the iteration ends.
        self.at = end + 1;
        Some(Member {
            key: self.text.get(key_start + 1..key_end.checked_sub(1)?)?,
            value: self.text.get(value_start..value_end)?,
            value_at: value_start..value_end,
            between: start..end,
        })
    }
}

/// The value of the first member with this name.
pub fn member<'a>(object: &'a str, name: &str) -> Option<&'a str> {
    members(object).find(|it| it.is(name)).map(|it| it.value)
}

/// The raw elements of an array; empty for other values.
pub fn elements(array: &str) -> impl Iterator<Item = &str> {
    let bytes = array.as_bytes();
    let start = blank_end(bytes, 0);
    let mut at = if bytes.get(start) == Some(&b'[') { start + 1 } else { bytes.len() };
    std::iter::from_fn(move || {
        let value_start = blank_end(bytes, at);
        if matches!(bytes.get(value_start), None | Some(b']')) {
            at = bytes.len();
            return None;
        }
        let value_end = value_end(bytes, value_start);
        at = blank_end(bytes, value_end) + 1;
        array.get(value_start..value_end)
    })
}

/// The number of elements of an array; 0 for other values. A list of numbers is counted by its commas alone.
pub fn count_elements(array: &str) -> usize {
    let bytes = array.as_bytes();
    let start = blank_end(bytes, 0);
    match numbers_end(bytes, start) {
        Some(end) => memchr::memchr_iter(b',', &bytes[start..end]).count() + 1,
        None => elements(array).count(),
    }
}

/// Whether the text begins an object that it doesn't close.
pub fn is_open(text: &[u8]) -> bool {
    let (mut at, mut depth) = (blank_end(text, 0), 0_usize);
    if text.get(at) != Some(&b'{') {
        return false;
    }
    while let Some(&byte) = text.get(at) {
        match byte {
            b'"' => {
                at = string_end(text, at);
                continue;
            }
            b'{' | b'[' => depth += 1,
            b'}' | b']' if depth == 1 => return false,
            b'}' | b']' => depth -= 1,
            _ => {}
        }
        at += 1;
    }
    true
}

/// The text of a string, borrowed if it has no escapes; `None` for other values. Half of a surrogate pair, which
/// JSON allows but text cannot represent, becomes U+FFFD.
pub fn text(value: &str) -> Option<Cow<'_, str>> {
    let inner = value.trim().strip_prefix('"')?.strip_suffix('"')?;
    Some(if inner.contains('\\') { unescaped(inner) } else { Cow::Borrowed(inner) })
}

/// Whether the value is `null`.
pub fn is_null(value: &str) -> bool {
    value.trim() == "null"
}

fn unescaped(inner: &str) -> Cow<'_, str> {
    let mut quoted = String::with_capacity(inner.len() + 2);
    quoted.extend(["\"", inner, "\""]);
    serde_json::from_str::<LossyText>(&quoted).map(|it| Cow::Owned(it.0)).unwrap_or_default()
}

/// The first position from `at` on that is not whitespace.
pub(super) fn blank_end(bytes: &[u8], at: usize) -> usize {
    let rest = bytes.get(at..).unwrap_or_default();
    let blank = rest.iter().position(|b| !matches!(b, b' ' | b'\t' | b'\n' | b'\r'));
    at.min(bytes.len()) + blank.unwrap_or(rest.len())
}

/// The position after the string that opens at `open`.
fn string_end(bytes: &[u8], open: usize) -> usize {
    let mut at = open + 1;
    while let Some(rest) = bytes.get(at..) {
        match memchr::memchr2(b'"', b'\\', rest) {
            None => break,
            Some(found) if rest[found] == b'"' => return at + found + 1,
            Some(found) => at += found + 2,
        }
    }
    bytes.len()
}

/// The position after the list of numbers that opens at `open`; `None` if it is another value or holds others too.
/// Embeddings are such lists, thousands of bytes long, and are passed over in one search.
fn numbers_end(bytes: &[u8], open: usize) -> Option<usize> {
    let inside = bytes.get(open..)?.strip_prefix(b"[")?;
    if !matches!(inside.trim_ascii_start().first(), Some(b'-' | b'0'..=b'9')) {
        return None;
    }
    let found = memchr::memchr3(b']', b'[', b'"', inside)?;
    // An object between the numbers would hold strings, unless it is empty.
    (inside[found] == b']').then_some(open + 1 + found + 1)
}

/// The position after the value that starts at `start`.
fn value_end(bytes: &[u8], start: usize) -> usize {
    let mut depth = 0_usize;
    let mut at = start;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'"' => {
                at = string_end(bytes, at);
                if depth == 0 {
                    return at;
                }
                continue;
            }
            b'[' if let Some(end) = numbers_end(bytes, at) => {
                at = end;
                if depth == 0 {
                    return at;
                }
                continue;
            }
            b'{' | b'[' => depth += 1,
            b'}' | b']' if depth == 0 => return at,
            b'}' | b']' => {
                depth -= 1;
                if depth == 0 {
                    return at + 1;
                }
            }
            b',' | b':' | b' ' | b'\t' | b'\n' | b'\r' if depth == 0 => return at,
            _ => {}
        }
        at += 1;
    }
    bytes.len()
}

/// Text read as bytes, which is the only way the JSON parser accepts half surrogates.
struct LossyText(String);

impl<'de> Deserialize<'de> for LossyText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_bytes(LossyVisitor)
    }
}

struct LossyVisitor;

impl Visitor<'_> for LossyVisitor {
    type Value = LossyText;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_bytes<E>(self, bytes: &[u8]) -> Result<LossyText, E> {
        Ok(LossyText(String::from_utf8_lossy(bytes).into_owned()))
    }
}

#[cfg(test)]
mod tests;
