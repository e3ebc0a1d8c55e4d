//! Finds the final head of a response in the bytes received.

use bytes::{Buf as _, BytesMut};
use memchr::memmem;

use super::{
    Malformed,
    head::{Received, parse},
};

/// Largest head, in bytes.
pub(super) const MAX_HEAD_BYTES: usize = 32 * 1024;
/// Most informational heads before the final one. Some servers send one a second while they work.
const MAX_INTERIM_HEADS: u32 = 1_000;

/// Reads the final head of a response and skips informational ones.
#[derive(Debug)]
pub(super) struct HeadReader {
    /// Whether the request was `HEAD`.
    to_head: bool,
    /// Bytes of an incomplete head that have been parsed.
    parsed: usize,
    interim: u32,
}

impl HeadReader {
    /// A reader of the response to one request.
    pub(super) fn new(to_head: bool) -> Self {
        Self { to_head, parsed: 0, interim: 0 }
    }

    /// Takes the final head from the bytes received; `None` before all of it is there.
    ///
    /// # Errors
    /// If they are no head, or one beyond the limits.
    pub(super) fn read(&mut self, input: &mut BytesMut) -> Result<Option<Received>, Malformed> {
        while self.may_be_complete(input) {
            let Some((length, fields)) = parse(input)? else { break };
            if length > MAX_HEAD_BYTES {
                return Err(Malformed);
            }
            let received = match fields.status.as_u16() {
                100 | 102..=199 => None,
                _ => Some(fields.received(self.to_head)?),
            };
            input.advance(length);
            if received.is_some() {
                return Ok(received);
            }
            (self.parsed, self.interim) = (0, self.interim + 1);
            if self.interim > MAX_INTERIM_HEADS {
                return Err(Malformed);
            }
        }
        self.parsed = input.len();
        if self.parsed >= MAX_HEAD_BYTES { Err(Malformed) } else { Ok(None) }
    }

    /// Whether parsing is worth it. The first bytes tell whether they are HTTP at all; after them only the end of the
    /// head matters, so a head that comes byte by byte is not parsed as often.
    fn may_be_complete(&self, input: &[u8]) -> bool {
        let fresh = input.get(self.parsed.saturating_sub(3)..).unwrap_or_default();
        match self.parsed {
            0 => !input.is_empty(),
            _ => ["\n\r\n", "\n\n"].iter().any(|end| memmem::find(fresh, end.as_bytes()).is_some()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{super::head::MAX_FIELDS, *};

    fn read(lines: &str) -> Result<Received, Malformed> {
        let mut input = BytesMut::from(format!("{lines}\r\n\r\n").as_bytes());
        HeadReader::new(false).read(&mut input).map(Option::unwrap)
    }

    #[test]
    fn heads_are_bounded() {
        let fields = |count| format!("HTTP/1.1 200 OK{}", "\r\na: b".repeat(count));
        assert!(read(&fields(MAX_FIELDS)).is_ok());
        assert!(read(&fields(MAX_FIELDS + 1)).is_err());
        let value = |length| format!("HTTP/1.1 200 OK\r\na: {}", "b".repeat(length));
        let around = "HTTP/1.1 200 OK\r\na: \r\n\r\n".len();
        assert!(read(&value(MAX_HEAD_BYTES - around)).is_ok());
        assert!(read(&value(MAX_HEAD_BYTES - around + 1)).is_err());
        let interim = |count| format!("{}HTTP/1.1 200 OK", "HTTP/1.1 102 Wait\r\n\r\n".repeat(count));
        assert!(read(&interim(1_000)).is_ok());
        assert!(read(&interim(1_001)).is_err());
        let mut endless = BytesMut::from("HTTP/1.1 200 OK\r\na: b".repeat(2_000).as_bytes());
        endless.truncate(MAX_HEAD_BYTES);
        assert!(HeadReader::new(false).read(&mut endless).is_err());
    }

    #[test]
    fn what_is_no_http_is_refused_at_once() {
        for received in ["garbage", "SSH-2.0-x\r\n", "HTTP/2", "\u{16}\u{3}\u{1}"] {
            let mut input = BytesMut::from(received.as_bytes());
            assert!(HeadReader::new(false).read(&mut input).is_err(), "{received:?}");
        }
    }
}
