//! HTTP/1.1 as far as both ends of the bench need it: heads, and the bodies of answers.

/// The framing of a body and where its head ends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Head {
    /// Bytes of the head, its empty line included.
    pub(crate) bytes: usize,
    /// Length of the body; `None` is chunked.
    pub(crate) length: Option<usize>,
}

/// The head that `read` begins with: `None` while it is incomplete.
pub(crate) fn head(read: &[u8]) -> Option<Head> {
    let bytes = memchr::memmem::find(read, b"\r\n\r\n")? + 4;
    let mut length = Some(0);
    for line in read[..bytes].split(|it| *it == b'\n') {
        let Some(colon) = memchr::memchr(b':', line) else { continue };
        let (name, value) = (&line[..colon], line[colon + 1..].trim_ascii());
        if name.eq_ignore_ascii_case(b"content-length") {
            length = std::str::from_utf8(value).ok().and_then(|it| it.parse().ok());
        } else if name.eq_ignore_ascii_case(b"transfer-encoding") {
            length = None;
        }
    }
    Some(Head { bytes, length })
}

/// Reads the body of an answer piece by piece.
#[derive(Debug)]
pub(crate) enum Body {
    /// So many bytes are still to come.
    Length(usize),
    /// The next chunk's size as far as it was read.
    ChunkSize(usize),
    /// So many bytes of a chunk are still to come, its line end included.
    Chunk(usize),
    /// What follows the last chunk: so many bytes of its empty line.
    Last(usize),
}

impl Body {
    pub(crate) fn new(head: Head) -> Self {
        head.length.map_or(Self::ChunkSize(0), Self::Length)
    }

    pub(crate) fn is_complete(&self) -> bool {
        matches!(self, Self::Length(0) | Self::Last(0))
    }

    /// Takes bytes of the body from `input`, hands its content to `content`, and returns how many bytes were taken.
    /// `None` if the framing is broken.
    pub(crate) fn take(&mut self, input: &[u8], mut content: impl FnMut(&[u8])) -> Option<usize> {
        let mut at = 0;
        while at < input.len() && !self.is_complete() {
            let rest = &input[at..];
            match self {
                Self::Length(left) => {
                    let count = rest.len().min(*left);
                    content(&rest[..count]);
                    *left -= count;
                    at += count;
                }
                Self::Chunk(left) => {
                    let count = rest.len().min(*left);
                    // The last two bytes are the line end.
                    content(&rest[..count.min(left.saturating_sub(2))]);
                    *left -= count;
                    at += count;
                    if *left == 0 {
                        *self = Self::ChunkSize(0);
                    }
                }
                Self::ChunkSize(size) => {
                    at += 1;
                    match rest[0] {
                        b'\r' => {}
                        b'\n' if *size == 0 => *self = Self::Last(2),
                        b'\n' => *self = Self::Chunk(*size + 2),
                        digit => *size = *size * 16 + char::from(digit).to_digit(16)? as usize,
                    }
                }
                Self::Last(left) => {
                    *left -= 1;
                    at += 1;
                }
            }
        }
        Some(at)
    }
}
