//! Checks that a text is one JSON object (RFC 8259) and finds its members, in one pass.
//!
//! Requests may hold megabytes in few strings. A general parser looks at them byte by byte; here strings are searched
//! for their end and for what they may not hold, many bytes at a time.

use super::raw_json::{Member, blank_end};

/// Maximum nesting depth, including the outermost object: one bit of `Open` for each level inside of it.
pub const DEEPEST: usize = 128;

/// Calls `each` with the members of the object in their order; says whether the text is one object, valid and nested
/// no deeper than [`DEEPEST`]. If it isn't, `each` may have been called with the members before the fault.
pub fn members<'a>(text: &'a str, each: impl FnMut(Member<'a>)) -> bool {
    walk(text, each).is_some()
}

fn walk<'a>(text: &'a str, mut each: impl FnMut(Member<'a>)) -> Option<()> {
    let bytes = text.as_bytes();
    let open = blank_end(bytes, 0);
    (*bytes.get(open)? == b'{').then_some(())?;
    let mut start = open + 1;
    let mut close = blank_end(bytes, start);
    if *bytes.get(close)? != b'}' {
        loop {
            let key_start = blank_end(bytes, start);
            let key_end = string_end(bytes, key_start)?;
            let value_start = value_start(bytes, key_end)?;
            let value_end = value_end(bytes, value_start)?;
            close = blank_end(bytes, value_end);
            each(Member {
                key: text.get(key_start + 1..key_end - 1)?,
                value: text.get(value_start..value_end)?,
                value_at: value_start..value_end,
                between: start..close,
            });
            match *bytes.get(close)? {
                b',' => start = close + 1,
                b'}' => break,
                _ => return None,
            }
        }
    }
    (blank_end(bytes, close + 1) == bytes.len()).then_some(())
}

/// The brackets that are open inside the outermost object, innermost last.
#[derive(Default)]
struct Open {
    depth: usize,
    /// A bit for each: whether it is an object.
    objects: u128,
}

impl Open {
    fn push(&mut self, is_object: bool) -> Option<()> {
        self.depth += 1;
        self.objects = self.objects << 1 | u128::from(is_object);
        (self.depth < DEEPEST).then_some(())
    }

    fn pop(&mut self) {
        self.depth -= 1;
        self.objects >>= 1;
    }

    fn is_in_object(&self) -> bool {
        self.objects & 1 == 1
    }
}

/// The position after the value that starts at `at`.
fn value_end(bytes: &[u8], mut at: usize) -> Option<usize> {
    let mut open = Open::default();
    'values: loop {
        match *bytes.get(at)? {
            b'"' => at = string_end(bytes, at)?,
            b'-' | b'0'..=b'9' => at = number_end(bytes, at)?,
            b't' => at = literal_end(bytes, at, b"true")?,
            b'f' => at = literal_end(bytes, at, b"false")?,
            b'n' => at = literal_end(bytes, at, b"null")?,
            bracket @ (b'{' | b'[') => {
                let is_object = bracket == b'{';
                open.push(is_object)?;
                at = blank_end(bytes, at + 1);
                let is_empty = *bytes.get(at)? == if is_object { b'}' } else { b']' };
                if !is_empty {
                    at = if is_object { member_value(bytes, at)? } else { at };
                    continue 'values;
                }
                open.pop();
                at += 1;
            }
            _ => return None,
        }
        // Behind a value: another one, or the end of some of the brackets around it.
        while open.depth > 0 {
            at = blank_end(bytes, at);
            match (*bytes.get(at)?, open.is_in_object()) {
                (b',', true) => at = member_value(bytes, blank_end(bytes, at + 1))?,
                (b',', false) => at = blank_end(bytes, at + 1),
                (b'}', true) | (b']', false) => {
                    open.pop();
                    at += 1;
                    continue;
                }
                _ => return None,
            }
            continue 'values;
        }
        return Some(at);
    }
}

/// The start of the value whose key opens at `at`.
fn member_value(bytes: &[u8], at: usize) -> Option<usize> {
    value_start(bytes, string_end(bytes, at)?)
}

/// The start of the value whose key ends at `key_end`.
fn value_start(bytes: &[u8], key_end: usize) -> Option<usize> {
    let colon = blank_end(bytes, key_end);
    (*bytes.get(colon)? == b':').then(|| blank_end(bytes, colon + 1))
}

/// The position after the string that opens at `open`.
fn string_end(bytes: &[u8], open: usize) -> Option<usize> {
    (*bytes.get(open)? == b'"').then_some(())?;
    let mut at = open + 1;
    loop {
        let rest = bytes.get(at..)?;
        let found = memchr::memchr2(b'"', b'\\', rest)?;
        if has_control(&rest[..found]) {
            return None;
        }
        if rest[found] == b'"' {
            return Some(at + found + 1);
        }
        at += found
            + match *rest.get(found + 1)? {
                b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => 2,
                b'u' if rest.get(found + 2..found + 6)?.iter().all(u8::is_ascii_hexdigit) => 6,
                _ => return None,
            };
    }
}

/// Whether there is a control character, which a string may only hold escaped. Without an early end, so that many
/// bytes are compared together.
fn has_control(bytes: &[u8]) -> bool {
    bytes.iter().fold(false, |found, &byte| found | (byte < b' '))
}

fn number_end(bytes: &[u8], at: usize) -> Option<usize> {
    let start = at + usize::from(bytes[at] == b'-');
    let mut end = match *bytes.get(start)? {
        b'0' => start + 1,
        _ => digits_end(bytes, start)?,
    };
    if bytes.get(end) == Some(&b'.') {
        end = digits_end(bytes, end + 1)?;
    }
    if matches!(bytes.get(end), Some(b'e' | b'E')) {
        let signed = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
        end = digits_end(bytes, end + 1 + signed)?;
    }
    Some(end)
}

/// The position after one digit or more.
fn digits_end(bytes: &[u8], start: usize) -> Option<usize> {
    let rest = bytes.get(start..)?;
    let length = rest.iter().position(|it| !it.is_ascii_digit()).unwrap_or(rest.len());
    (length > 0).then_some(start + length)
}

fn literal_end(bytes: &[u8], at: usize, literal: &[u8]) -> Option<usize> {
    bytes.get(at..)?.starts_with(literal).then_some(at + literal.len())
}

#[cfg(test)]
mod tests;
