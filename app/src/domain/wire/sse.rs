//! Incremental parser of server-sent events (WHATWG HTML §9.2).
//!
//! It only observes: the relay forwards the received bytes. Input may be split anywhere; the same bytes give the
//! same events at the same offsets.
//!
//! Two forms that the standard ignores are reported, because servers report errors in them: a field `error` is an
//! event of that name, and a line that begins a JSON object or list is data without a field name, up to the next blank
//! line.

/// Maximum buffered size of an event, in bytes. Larger events are truncated and marked.
pub const EVENT_CAP: usize = 1 << 20;

/// [`EVENT_CAP`] plus the longest field name, so that a truncated value is still detected as too large.
const LINE_CAP: usize = EVENT_CAP + 16;

const BOM: &[u8] = b"\xef\xbb\xbf";

/// A parsed event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event<'a> {
    /// The `event` field; empty if absent.
    pub name: &'a [u8],
    /// The `data` lines, joined by line feeds.
    pub data: &'a [u8],
    /// Whether it exceeded [`EVENT_CAP`], so `data` is incomplete.
    pub cut: bool,
    /// End of the event, as a byte offset in the stream: after the line end of the closing blank line. Of a CR LF
    /// that is after the CR, because the LF may not have arrived yet.
    pub end: u64,
}

/// Parser state between two chunks of a stream.
#[derive(Clone, Debug, Default)]
pub struct Reader {
    /// An incomplete line.
    line: Vec<u8>,
    name: Vec<u8>,
    data: Vec<u8>,
    /// Whether the event has a `data` line, even an empty one.
    has_data: bool,
    cut: bool,
    /// Whether lines are data without a field name.
    bare: bool,
    /// Whether the last byte was a CR, which a LF would complete.
    after_cr: bool,
    /// Whether the first line has ended; a BOM is only recognized in it.
    begun: bool,
    /// Bytes read.
    offset: u64,
}

impl Reader {
    /// Parses the next chunk and calls `on_event` for each completed event.
    pub fn push(&mut self, piece: &[u8], mut on_event: impl FnMut(Event<'_>)) {
        let mut rest = piece;
        while !rest.is_empty() {
            if std::mem::take(&mut self.after_cr) && rest[0] == b'\n' {
                self.advance(&mut rest, 1);
                continue;
            }
            let Some(found) = memchr::memchr2(b'\n', b'\r', rest) else {
                self.buffer_line(rest);
                self.offset += rest.len() as u64;
                return;
            };
            let (line, end) = (&rest[..found], rest[found]);
            self.advance(&mut rest, found + 1);
            self.after_cr = end == b'\r';
            if self.line.is_empty() {
                self.end_line(line, &mut on_event);
            } else {
                self.buffer_line(line);
                let mut whole = std::mem::take(&mut self.line);
                self.end_line(&whole, &mut on_event);
                // Reuses the buffer for the whole stream.
                whole.clear();
                self.line = whole;
            }
        }
    }

    /// Ends the stream. The standard discards an event without a closing blank line; it is reported here because
    /// some servers leave that out. A truncated event has no known meaning.
    pub fn finish(&mut self, mut on_event: impl FnMut(Event<'_>)) {
        let line = std::mem::take(&mut self.line);
        if !line.is_empty() {
            self.end_line(&line, &mut on_event);
        }
        self.dispatch(&mut on_event);
    }

    /// Whether no part of an event is waiting for its end, but for fields that only concern browsers.
    pub fn is_between_events(&self) -> bool {
        self.line.is_empty() && self.name.is_empty() && !self.has_data
    }

    /// Bytes read so far.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    fn advance(&mut self, rest: &mut &[u8], by: usize) {
        *rest = rest.get(by..).unwrap_or_default();
        self.offset += by as u64;
    }

    /// Buffers the beginning of a line, within the limit.
    fn buffer_line(&mut self, part: &[u8]) {
        let room = LINE_CAP.saturating_sub(self.line.len());
        self.line.extend_from_slice(&part[..part.len().min(room)]);
    }

    fn end_line(&mut self, line: &[u8], on_event: &mut impl FnMut(Event<'_>)) {
        let first = !std::mem::replace(&mut self.begun, true);
        let line = if first { line.strip_prefix(BOM).unwrap_or(line) } else { line };
        if line.is_empty() {
            return self.dispatch(on_event);
        }
        self.bare |= !self.has_data && matches!(line.trim_ascii_start().first(), Some(b'{' | b'['));
        if self.bare {
            return self.add_data_line(line);
        }
        let (field, value) = match memchr::memchr(b':', line) {
            Some(colon) => (&line[..colon], &line[colon + 1..]),
            None => (line, &line[line.len()..]),
        };
        let value = value.strip_prefix(b" ").unwrap_or(value);
        match field {
            b"data" => self.add_data_line(value),
            b"event" => self.set_name(value),
            b"error" => {
                self.set_name(b"error");
                self.add_data_line(value);
            }
            // Comments have an empty field name; `id` and `retry` only concern browsers that reconnect.
            _ => {}
        }
    }

    fn set_name(&mut self, name: &[u8]) {
        self.name.clear();
        self.name.extend_from_slice(&name[..name.len().min(EVENT_CAP)]);
    }

    fn add_data_line(&mut self, line: &[u8]) {
        if std::mem::replace(&mut self.has_data, true) {
            self.append_data(b"\n");
        }
        self.append_data(line);
    }

    fn append_data(&mut self, value: &[u8]) {
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
        self.bare = false;
        self.cut = false;
    }
}

#[cfg(test)]
mod tests;
