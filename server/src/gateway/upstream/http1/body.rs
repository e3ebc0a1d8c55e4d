//! Framing of response bodies (RFC 9112 §6 and §7): cuts what was received into the pieces of a body, without copying.

use bytes::{Buf as _, Bytes, BytesMut};

use super::{Malformed, head::Framing};

/// Longest line that announces a chunk, in bytes; most of it is for extensions, which are ignored.
const CHUNK_LINE_BYTES: u32 = 4 * 1024;
/// Most bytes of trailer fields, which are ignored.
const TRAILER_BYTES: u32 = 16 * 1024;

/// The rest of a body.
#[derive(Debug)]
pub(super) enum Decoder {
    /// That many bytes.
    Length(u64),
    /// Everything until the connection closes.
    UntilClose,
    Chunked(Chunked),
}

/// What was found in the bytes received so far.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Decoded {
    /// Some bytes of the body, never none.
    Piece(Bytes),
    /// Nothing before more is received.
    More,
    /// The end of the body. What follows in the buffer is not part of it.
    End,
}

/// The place in a chunked body.
#[derive(Debug)]
pub(super) struct Chunked {
    state: ChunkState,
    /// Bytes of the current line, or of the trailer section.
    line: u32,
}

/// Sizes are those of the current chunk, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ChunkState {
    /// Before the first digit of a size.
    Start,
    Size(u64),
    /// Behind the digits.
    Space(u64),
    Extension(u64),
    SizeLf(u64),
    /// So many bytes of the chunk are left.
    Data(u64),
    DataCr,
    DataLf,
    /// At the beginning of a line behind the last chunk.
    TrailerStart,
    Trailer,
    TrailerLf,
    EndLf,
    End,
}

impl From<Framing> for Decoder {
    fn from(framing: Framing) -> Self {
        match framing {
            Framing::Length(length) => Self::Length(length),
            Framing::UntilClose => Self::UntilClose,
            Framing::Chunked => Self::Chunked(Chunked { state: ChunkState::Start, line: 0 }),
        }
    }
}

impl Decoder {
    /// Takes the next piece from the bytes received.
    ///
    /// # Errors
    /// If they break the framing.
    pub(super) fn decode(&mut self, input: &mut BytesMut) -> Result<Decoded, Malformed> {
        match self {
            Self::Length(0) => Ok(Decoded::End),
            Self::Length(left) => Ok(take(input, left)),
            Self::UntilClose => {
                let mut endless = u64::MAX;
                Ok(take(input, &mut endless))
            }
            Self::Chunked(chunked) => chunked.decode(input),
        }
    }

    /// Whether the last byte of the body has been taken.
    pub(super) fn is_at_end(&self) -> bool {
        matches!(self, Self::Length(0) | Self::Chunked(Chunked { state: ChunkState::End, .. }))
    }

    /// Whether the body ends where the connection does.
    pub(super) fn ends_by_closing(&self) -> bool {
        matches!(self, Self::UntilClose)
    }
}

/// Takes as many bytes as were received, up to what is left of the body.
fn take(input: &mut BytesMut, left: &mut u64) -> Decoded {
    if input.is_empty() {
        return Decoded::More;
    }
    let length = usize::try_from(*left).unwrap_or(usize::MAX).min(input.len());
    *left = left.saturating_sub(length as u64);
    Decoded::Piece(input.split_to(length).freeze())
}

impl Chunked {
    fn decode(&mut self, input: &mut BytesMut) -> Result<Decoded, Malformed> {
        loop {
            match &mut self.state {
                ChunkState::End => return Ok(Decoded::End),
                ChunkState::Data(left) => {
                    let piece = take(input, left);
                    if *left == 0 {
                        self.state = ChunkState::DataCr;
                    }
                    return Ok(piece);
                }
                _ => self.skip_framing(input)?,
            }
            if input.is_empty() && self.state != ChunkState::End {
                return Ok(Decoded::More);
            }
        }
    }

    /// Consumes bytes up to the data of a chunk or the end of the body.
    fn skip_framing(&mut self, input: &mut BytesMut) -> Result<(), Malformed> {
        let mut consumed = 0;
        for &byte in input.iter() {
            self.state = self.step(byte)?;
            consumed += 1;
            if matches!(self.state, ChunkState::Data(_) | ChunkState::End) {
                break;
            }
        }
        input.advance(consumed);
        Ok(())
    }

    fn step(&mut self, byte: u8) -> Result<ChunkState, Malformed> {
        use ChunkState::{
            Data, DataCr, DataLf, End, EndLf, Extension, Size, SizeLf, Space, Start, Trailer, TrailerLf,
            TrailerStart,
        };
        let is_trailer = matches!(self.state, TrailerStart | Trailer | TrailerLf | EndLf);
        self.line += 1;
        if self.line > if is_trailer { TRAILER_BYTES } else { CHUNK_LINE_BYTES } {
            return Err(Malformed);
        }
        let next = match (self.state, byte) {
            (Start, _) => Size(digit(byte).ok_or(Malformed)?),
            (Size(size) | Space(size) | Extension(size), b'\r') => SizeLf(size),
            (Size(size) | Space(size), b' ' | b'\t') => Space(size),
            (Size(size) | Space(size), b';') => Extension(size),
            (Size(size), _) => {
                let more = size.checked_mul(16).zip(digit(byte));
                Size(more.map(|(size, digit)| size | digit).ok_or(Malformed)?)
            }
            // A bare line feed ends a line for some readers.
            (Extension(size), _) if byte != b'\n' => Extension(size),
            (SizeLf(0), b'\n') => TrailerStart,
            (SizeLf(size), b'\n') => Data(size),
            (DataCr, b'\r') => DataLf,
            (DataLf, b'\n') => Start,
            (TrailerStart, b'\r') => EndLf,
            (TrailerStart | Trailer, _) if !matches!(byte, b'\r' | b'\n') => Trailer,
            (Trailer, b'\r') => TrailerLf,
            (TrailerLf, b'\n') => TrailerStart,
            (EndLf, b'\n') => End,
            _ => return Err(Malformed),
        };
        if matches!(next, Start) || matches!((self.state, next), (SizeLf(_), _)) {
            self.line = 0;
        }
        Ok(next)
    }
}

fn digit(byte: u8) -> Option<u64> {
    char::from(byte).to_digit(16).map(u64::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(framing: Framing, received: &[u8]) -> (Vec<u8>, Result<Decoded, Malformed>) {
        let (mut decoder, mut input) = (Decoder::from(framing), BytesMut::from(received));
        let mut body = Vec::new();
        loop {
            match decoder.decode(&mut input) {
                Ok(Decoded::Piece(piece)) => body.extend_from_slice(&piece),
                end => return (body, end),
            }
        }
    }

    #[test]
    fn a_length_is_kept_to() {
        assert_eq!(decoded(Framing::Length(0), b"more"), (Vec::new(), Ok(Decoded::End)));
        assert_eq!(decoded(Framing::Length(2), b"more"), (b"mo".to_vec(), Ok(Decoded::End)));
        assert_eq!(decoded(Framing::Length(5), b"more"), (b"more".to_vec(), Ok(Decoded::More)));
        assert_eq!(decoded(Framing::UntilClose, b"more"), (b"more".to_vec(), Ok(Decoded::More)));
    }

    #[test]
    fn chunks_are_joined() {
        for received in [
            "2\r\nmo\r\n2\r\nre\r\n0\r\n\r\n",
            "0002 \t\r\nmo\r\n2;a=\"b\"\r\nre\r\n0;c\r\nx-a: b\r\nx-c: d\r\n\r\nrest",
        ] {
            assert_eq!(decoded(Framing::Chunked, received.as_bytes()), (b"more".to_vec(), Ok(Decoded::End)));
        }
        for cut in
            ["2\r\nmo", "2\r\nmo\r\n", "2\r\nmo\r\n0", "2\r\nmo\r\n0\r\nx: y\r\n", "2\r\nmo\r\n0\r\n\r"]
        {
            let end = (b"mo".to_vec(), Ok(Decoded::More));
            assert_eq!(decoded(Framing::Chunked, cut.as_bytes()), end, "{cut:?}");
        }
    }

    #[test]
    fn chunks_that_two_readers_could_cut_in_two_ways_are_refused() {
        for received in [
            "\r\n",
            "+2\r\n",
            "0x2\r\n",
            "-2\r\n",
            " 2\r\n",
            "2\n",
            "2 2\r\n",
            "2;a\n",
            "2\r\r\n",
            "10000000000000000\r\n",
            "2\r\nmore\r\n",
            "2\r\nmo0\r\n",
            "2\r\nmo\n",
            "0\r\n\n",
            "0\r\nx: y\n",
        ] {
            assert_eq!(decoded(Framing::Chunked, received.as_bytes()).1, Err(Malformed), "{received:?}");
        }
    }

    #[test]
    fn what_is_ignored_is_bounded() {
        let extension = |length| format!("1;{}\r\na\r\n0\r\n\r\n", "x".repeat(length));
        assert_eq!(decoded(Framing::Chunked, extension(4_000).as_bytes()).1, Ok(Decoded::End));
        assert_eq!(decoded(Framing::Chunked, extension(5_000).as_bytes()).1, Err(Malformed));
        let trailers = |count| format!("0\r\n{}\r\n", "x: y\r\n".repeat(count));
        assert_eq!(decoded(Framing::Chunked, trailers(2_000).as_bytes()).1, Ok(Decoded::End));
        assert_eq!(decoded(Framing::Chunked, trailers(3_000).as_bytes()).1, Err(Malformed));
        // Each chunk has a line of its own: a long stream may have an extension on each.
        let many = format!("{}0\r\n\r\n", "1;chunk=extension\r\na\r\n".repeat(5_000));
        assert_eq!(decoded(Framing::Chunked, many.as_bytes()), (vec![b'a'; 5_000], Ok(Decoded::End)));
    }
}
