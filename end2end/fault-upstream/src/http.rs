//! The subset of HTTP/1.1 that the server needs: reading a request and writing the head of an answer. A request is
//! validated only as far as finding its end requires.

mod answer_head;
mod body;
mod head;

pub(crate) use answer_head::AnswerHead;
pub(crate) use body::BodyReader;
pub(crate) use head::Head;

use std::time::Duration;

use crate::socket::{PeerClosed, Socket};

/// The maximum size of a request's head in bytes.
const MAX_HEAD: usize = 64 * 1024;

/// Why a request cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unreadable {
    PeerClosed(PeerClosed),
    Malformed,
}

impl From<PeerClosed> for Unreadable {
    fn from(gone: PeerClosed) -> Self {
        Self::PeerClosed(gone)
    }
}

/// Reads the next head; with `pace`, one byte per that duration.
pub(crate) async fn read_head(socket: &mut Socket, pace: Option<Duration>) -> Result<Head, Unreadable> {
    const END: &[u8] = b"\r\n\r\n";
    let mut searched = 0;
    loop {
        let found = socket.read_buffer[searched..].windows(END.len()).position(|window| window == END);
        if let Some(at) = found {
            let rest = socket.read_buffer.split_off(searched + at + END.len());
            let head = std::mem::replace(&mut socket.read_buffer, rest);
            return Head::parse(&head).ok_or(Unreadable::Malformed);
        }
        // A TLS handshake starts with a control character, a request head never does.
        let not_http =
            socket.read_buffer.first().is_some_and(|byte| byte.is_ascii_control() && !b"\r\n".contains(byte));
        if not_http || socket.read_buffer.len() > MAX_HEAD {
            return Err(Unreadable::Malformed);
        }
        searched = socket.read_buffer.len().saturating_sub(END.len() - 1);
        socket.receive(pace).await?;
    }
}
