//! Reads a stream of server-sent events piece by piece (WHATWG HTML §9.2), and what an event of a chat stream means.
//!
//! It only looks: the relay passes on the bytes that it received. Pieces may be cut anywhere; the same bytes give
//! the same events at the same offsets, however they are cut.

mod meaning;

pub use meaning::{Meaning, meaning, usage};

/// The largest event that is kept, in bytes; of a larger one only the beginning is, and it is marked.
pub const EVENT_CAP: usize = 1 << 20;

/// More than [`EVENT_CAP`] by what may stand before a value, so that a value cut here is still seen to be too large.
const LINE_CAP: usize = EVENT_CAP + 16;

const BOM: &[u8] = b"\xef\xbb\xbf";

/// One event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event<'a> {
    /// Its `event` field; empty where it has none.
    pub name: &'a [u8],
    /// Its `data` lines, joined by line feeds.
    pub data: &'a [u8],
    /// Whether it was larger than [`EVENT_CAP`], so that `data` is not all of it.
    pub cut: bool,
    /// Where it ends, in bytes from the beginning of the stream: after the line end of the blank line that closes
    /// it. Of a CR LF there, that is after the CR: nobody can know whether a LF will follow.
    pub end: u64,
}

/// The state between two pieces of a stream.
#[derive(Clone, Debug, Default)]
pub struct Reader {
    /// The beginning of a line whose end has not come yet.
    line: Vec<u8>,
    name: Vec<u8>,
    data: Vec<u8>,
    /// Whether the event has a `data` line, an empty one perhaps.
    has_data: bool,
    cut: bool,
    /// Whether the last byte was a CR, so that a LF now belongs to it.
    after_cr: bool,
    /// Whether the first line is over, so that a BOM is no longer one.
    begun: bool,
    /// Bytes read.
    offset: u64,
}

impl Reader {
    /// Takes the next piece and calls `on_event` for each event that it completes.
    pub fn push(&mut self, piece: &[u8], mut on_event: impl FnMut(Event<'_>)) {
        let mut rest = piece;
        while !rest.is_empty() {
            if std::mem::take(&mut self.after_cr) && rest[0] == b'\n' {
                self.advance(&mut rest, 1);
                continue;
            }
            let Some(found) = memchr::memchr2(b'\n', b'\r', rest) else {
                self.hold(rest);
                self.offset += rest.len() as u64;
                return;
            };
            let (line, end) = (&rest[..found], rest[found]);
            self.advance(&mut rest, found + 1);
            self.after_cr = end == b'\r';
            if self.line.is_empty() {
                self.end_line(line, &mut on_event);
            } else {
                self.hold(line);
                let mut whole = std::mem::take(&mut self.line);
                self.end_line(&whole, &mut on_event);
                // The buffer goes back, so that a stream is read with one.
                whole.clear();
                self.line = whole;
            }
        }
    }

    /// Takes the end of the stream. By the standard an event without its blank line does not count; some servers
    /// leave the last one out, so it is told all the same. One that broke off in the middle says nothing known.
    pub fn finish(&mut self, mut on_event: impl FnMut(Event<'_>)) {
        let line = std::mem::take(&mut self.line);
        if !line.is_empty() {
            self.end_line(&line, &mut on_event);
        }
        self.dispatch(&mut on_event);
    }

    /// Bytes read so far.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    fn advance(&mut self, rest: &mut &[u8], by: usize) {
        *rest = rest.get(by..).unwrap_or_default();
        self.offset += by as u64;
    }

    /// Keeps the beginning of a line, within the bound.
    fn hold(&mut self, part: &[u8]) {
        let room = LINE_CAP.saturating_sub(self.line.len());
        self.line.extend_from_slice(&part[..part.len().min(room)]);
    }

    fn end_line(&mut self, line: &[u8], on_event: &mut impl FnMut(Event<'_>)) {
        let first = !std::mem::replace(&mut self.begun, true);
        let line = if first { line.strip_prefix(BOM).unwrap_or(line) } else { line };
        if line.is_empty() {
            return self.dispatch(on_event);
        }
        let (field, value) = match memchr::memchr(b':', line) {
            Some(colon) => (&line[..colon], &line[colon + 1..]),
            None => (line, &line[line.len()..]),
        };
        let value = value.strip_prefix(b" ").unwrap_or(value);
        match field {
            b"data" => {
                if std::mem::replace(&mut self.has_data, true) {
                    self.keep(b"\n");
                }
                self.keep(value);
            }
            b"event" => {
                self.name.clear();
                self.name.extend_from_slice(&value[..value.len().min(EVENT_CAP)]);
            }
            // Comments have an empty field name; `id` and `retry` are for browsers that reconnect.
            _ => {}
        }
    }

    fn keep(&mut self, value: &[u8]) {
        let room = EVENT_CAP.saturating_sub(self.data.len());
        self.cut |= value.len() > room;
        self.data.extend_from_slice(&value[..value.len().min(room)]);
    }

    fn dispatch(&mut self, on_event: &mut impl FnMut(Event<'_>)) {
        if self.has_data {
            on_event(Event { name: &self.name, data: &self.data, cut: self.cut, end: self.offset });
        }
        self.name.clear();
        self.data.clear();
        self.has_data = false;
        self.cut = false;
    }
}

#[cfg(test)]
mod tests;
