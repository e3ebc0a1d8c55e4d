//! HTTP/1.1 as a client (RFC 9112): one request at a time on a connection of its own. A connection has no task; the
//! task that makes the call polls it, from the request to the end of the response body, so a call wakes no other task
//! and reads ahead no more than one bounded buffer.

mod body;
mod connection;
mod head;
mod head_reader;
mod outgoing;
pub(super) mod request;
mod upload;

use bytes::BytesMut;

use self::{
    body::{Decoded, Decoder},
    head_reader::HeadReader,
};

pub(super) use connection::{BodyError, Connection, SendError};
pub(crate) use head::ResponseHead;
pub(crate) use upload::Upload;

/// Bytes of a response that break the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Malformed;

/// Reads a response that arrives in those pieces: its status, the body as far as it arrived, and, if that is all of it,
/// whether another response could follow. `None` without a valid head. Entry point for fuzzing only; calls use
/// [`Connection`].
#[doc(hidden)]
pub fn read_response(pieces: &[&[u8]], to_head: bool) -> Option<(u16, Vec<u8>, Option<bool>)> {
    let (mut input, mut reader, mut body) = (BytesMut::new(), HeadReader::new(to_head), Vec::new());
    let mut begun: Option<(u16, bool, Decoder)> = None;
    for piece in pieces {
        input.extend_from_slice(piece);
        if begun.is_none()
            && let Some(received) = reader.read(&mut input).ok()?
        {
            begun = Some((received.head.status.as_u16(), received.keeps_alive, received.framing.into()));
        }
        if let Some((status, _, decoder)) = &mut begun
            && decode_all(decoder, &mut input, &mut body).is_err()
        {
            return Some((*status, body, None));
        }
    }
    let (status, keeps_alive, decoder) = begun?;
    let is_whole = decoder.is_at_end() || decoder.ends_by_closing();
    let is_reusable = keeps_alive && decoder.is_at_end() && input.is_empty();
    Some((status, body, is_whole.then_some(is_reusable)))
}

fn decode_all(decoder: &mut Decoder, input: &mut BytesMut, body: &mut Vec<u8>) -> Result<(), Malformed> {
    while let Decoded::Piece(piece) = decoder.decode(input)? {
        body.extend_from_slice(&piece);
    }
    Ok(())
}
