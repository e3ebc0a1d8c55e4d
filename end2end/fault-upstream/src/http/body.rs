//! The framing of a request body, by length or by chunks (RFC 9112 §6 and §7).

use super::Unreadable;

/// The maximum size of a request body in bytes.
const MAX_BODY: usize = 128 * 1024 * 1024;
/// The maximum length of a chunk size line or a trailer line in bytes.
const MAX_LINE: usize = 8 * 1024;

/// Decodes a body that arrives in pieces of any size.
#[derive(Debug)]
pub(crate) struct BodyReader(Expects);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Expects {
    Bytes(usize),
    ChunkSize,
    ChunkBytes(usize),
    ChunkEnd,
    Trailer,
    Nothing,
}

impl BodyReader {
    pub(super) fn chunked() -> Self {
        Self(Expects::ChunkSize)
    }

    pub(super) fn of_length(length: usize) -> Self {
        Self(Expects::Bytes(length))
    }

    pub(super) fn within_bounds(length: usize) -> Option<Self> {
        (length <= MAX_BODY).then(|| Self::of_length(length))
    }

    /// Moves the body's bytes from `read_buffer` to `body`; true once the body is complete.
    pub(crate) fn feed(&mut self, read_buffer: &mut Vec<u8>, body: &mut Vec<u8>) -> Result<bool, Unreadable> {
        loop {
            self.0 = match self.0 {
                Expects::Nothing => return Ok(true),
                Expects::Bytes(left) => match take(left, read_buffer, body) {
                    0 => Expects::Nothing,
                    left => return Ok(self.still(Expects::Bytes(left))),
                },
                Expects::ChunkBytes(left) => match take(left, read_buffer, body) {
                    0 => Expects::ChunkEnd,
                    left => return Ok(self.still(Expects::ChunkBytes(left))),
                },
                Expects::ChunkSize => match line(read_buffer)? {
                    None => return Ok(false),
                    Some(line) => match chunk_size(&line)? {
                        0 => Expects::Trailer,
                        size if size > MAX_BODY - body.len() => return Err(Unreadable::Malformed),
                        size => Expects::ChunkBytes(size),
                    },
                },
                Expects::ChunkEnd => match line(read_buffer)? {
                    None => return Ok(false),
                    Some(line) if line.is_empty() => Expects::ChunkSize,
                    Some(_) => return Err(Unreadable::Malformed),
                },
                Expects::Trailer => match line(read_buffer)? {
                    None => return Ok(false),
                    Some(line) if line.is_empty() => Expects::Nothing,
                    Some(_) => Expects::Trailer,
                },
            };
        }
    }

    fn still(&mut self, expects: Expects) -> bool {
        self.0 = expects;
        false
    }
}

/// Moves up to `left` bytes and returns how many are still missing.
fn take(left: usize, read_buffer: &mut Vec<u8>, body: &mut Vec<u8>) -> usize {
    let count = left.min(read_buffer.len());
    body.extend(read_buffer.drain(..count));
    left - count
}

/// The next line without its line end, once it has arrived.
fn line(read_buffer: &mut Vec<u8>) -> Result<Option<Vec<u8>>, Unreadable> {
    let Some(end) = read_buffer.windows(2).position(|pair| pair == b"\r\n") else {
        return if read_buffer.len() > MAX_LINE { Err(Unreadable::Malformed) } else { Ok(None) };
    };
    let mut line: Vec<u8> = read_buffer.drain(..end + 2).collect();
    line.truncate(end);
    Ok(Some(line))
}

fn chunk_size(line: &[u8]) -> Result<usize, Unreadable> {
    let digits = line.split(|byte| *byte == b';').next().unwrap_or(line);
    std::str::from_utf8(digits)
        .ok()
        .and_then(|digits| usize::from_str_radix(digits.trim(), 16).ok())
        .ok_or(Unreadable::Malformed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chunked_body_is_decoded_from_pieces_of_any_size() {
        let sent = b"4;x=y\r\nwiki\r\n5\r\npedia\r\n0\r\ntrailer: 1\r\n\r\nGET /next";
        for piece in 1..sent.len() {
            let (mut reader, mut read_buffer, mut body) = (BodyReader::chunked(), Vec::new(), Vec::new());
            let mut whole = false;
            let mut pieces = sent.chunks(piece);
            while !whole {
                read_buffer.extend_from_slice(pieces.next().unwrap_or_default());
                whole = reader.feed(&mut read_buffer, &mut body) == Ok(true);
            }
            read_buffer.extend(pieces.flatten());
            assert_eq!(body, b"wikipedia");
            assert_eq!(read_buffer, b"GET /next");
        }
    }

    #[test]
    fn a_chunk_with_an_invalid_or_excessive_size_is_refused() {
        for size in ["x\r\n", "ffffffff\r\n", "fffffffffffffffff\r\n"] {
            let fed = BodyReader::chunked().feed(&mut size.into(), &mut Vec::new());
            assert_eq!(fed, Err(Unreadable::Malformed));
        }
    }
}
