//! The little of HTTP/1.1 that the server needs: reading a request, spelling an answer's head. It judges
//! no request beyond what it takes to find its end.

mod answer_head;
mod body;
mod head;

pub(crate) use answer_head::AnswerHead;
pub(crate) use body::BodyReader;
pub(crate) use head::Head;

use std::time::Duration;

use crate::wire::{Gone, Wire};

/// The most bytes of a request's head.
const MAX_HEAD: usize = 64 * 1024;

/// Why a request cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unreadable {
    Gone(Gone),
    Malformed,
}

impl From<Gone> for Unreadable {
    fn from(gone: Gone) -> Self {
        Self::Gone(gone)
    }
}

/// Reads the next head from the wire, at a pace if one is given.
pub(crate) async fn read_head(wire: &mut Wire, pace: Option<Duration>) -> Result<Head, Unreadable> {
    const END: &[u8] = b"\r\n\r\n";
    let mut searched = 0;
    loop {
        let found = wire.inbox[searched..].windows(END.len()).position(|window| window == END);
        if let Some(at) = found {
            let rest = wire.inbox.split_off(searched + at + END.len());
            let head = std::mem::replace(&mut wire.inbox, rest);
            return Head::parse(&head).ok_or(Unreadable::Malformed);
        }
        // No head begins with a control character; a TLS handshake does.
        let foreign =
            wire.inbox.first().is_some_and(|byte| byte.is_ascii_control() && !b"\r\n".contains(byte));
        if foreign || wire.inbox.len() > MAX_HEAD {
            return Err(Unreadable::Malformed);
        }
        searched = wire.inbox.len().saturating_sub(END.len() - 1);
        wire.fill(pace).await?;
    }
}
