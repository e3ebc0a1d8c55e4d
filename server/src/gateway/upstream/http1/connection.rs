//! One connection: writes a request, reads the response, and can tell whether it is fit for another request.

use std::{
    future::poll_fn,
    io,
    pin::{Pin, pin},
    task::{Context, Poll, ready},
};

use bytes::{Bytes, BytesMut};
use tokio::io::{AsyncRead as _, AsyncReadExt as _, ReadBuf};

use super::{
    Malformed,
    body::{Decoded, Decoder},
    head::ResponseHead,
    head_reader::{HeadReader, MAX_HEAD_BYTES},
    outgoing::Outgoing,
    request::Request,
};
use crate::gateway::upstream::socket::Socket;

/// Bytes that are read at once, at first. It grows while reads fill it and shrinks again.
const MIN_READ_BYTES: usize = 8 * 1024;
/// Most bytes that are read ahead.
const MAX_READ_BYTES: usize = MAX_HEAD_BYTES;

/// The reason why there is no response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum SendError {
    /// The upstream closed the connection before a byte of a response arrived. On a connection that was idle it may
    /// have done so before it saw the request.
    Closed,
    /// Anything else.
    Broken,
}

/// The reason why a body has no proper end.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BodyError {
    #[error("the connection closed within the body")]
    Truncated,
    #[error("the framing of the body is invalid")]
    Malformed,
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// A client connection.
#[derive(Debug)]
pub(in super::super) struct Connection {
    socket: Socket,
    outgoing: Outgoing,
    /// Bytes received and not used yet.
    input: BytesMut,
    read_bytes: usize,
    /// The rest of the response's body.
    body: Decoder,
    /// Whether the response leaves it open for another one.
    keeps_alive: bool,
}

impl Connection {
    pub(in super::super) fn new(socket: Socket) -> Box<Self> {
        Box::new(Self {
            socket,
            outgoing: Outgoing::default(),
            input: BytesMut::new(),
            read_bytes: MIN_READ_BYTES,
            body: Decoder::Length(0),
            keeps_alive: true,
        })
    }

    /// Sends a request and waits for the head of the response. The upstream may respond before it has read the body;
    /// then the rest of it is sent while the response is read.
    ///
    /// # Errors
    /// The reason why there is no response.
    pub(in super::super) async fn send(&mut self, request: &Request<'_>) -> Result<ResponseHead, SendError> {
        self.outgoing.begin(request);
        self.keeps_alive = false;
        let mut reader = HeadReader::new(request.is_head());
        let mut has_received = false;
        let received = poll_fn(|cx| {
            self.write(cx);
            loop {
                match ready!(self.poll_fill(cx)) {
                    Ok(0) if has_received => return Poll::Ready(Err(SendError::Broken)),
                    Ok(0) => return Poll::Ready(Err(SendError::Closed)),
                    Err(error) if !has_received && is_closed(&error) => {
                        return Poll::Ready(Err(SendError::Closed));
                    }
                    Err(_) => return Poll::Ready(Err(SendError::Broken)),
                    Ok(_) => has_received = true,
                }
                if let Some(received) =
                    reader.read(&mut self.input).map_err(|Malformed| SendError::Broken).transpose()
                {
                    return Poll::Ready(received);
                }
            }
        })
        .await?;
        self.body = received.framing.into();
        self.keeps_alive = received.keeps_alive;
        Ok(received.head)
    }

    /// The next piece of the body; `None` at its end.
    pub(in super::super) fn poll_piece(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, BodyError>>> {
        self.write(cx);
        loop {
            match self.body.decode(&mut self.input) {
                Ok(Decoded::Piece(piece)) => return Poll::Ready(Some(Ok(piece))),
                Ok(Decoded::End) => return Poll::Ready(None),
                Ok(Decoded::More) => {}
                Err(Malformed) => return Poll::Ready(Some(Err(BodyError::Malformed))),
            }
            match ready!(self.poll_fill(cx)) {
                Ok(0) if self.body.ends_by_closing() => return Poll::Ready(None),
                Ok(0) => return Poll::Ready(Some(Err(BodyError::Truncated))),
                Ok(_) => {}
                Err(error) => return Poll::Ready(Some(Err(error.into()))),
            }
        }
    }

    /// Whether it can take another request: everything was sent and received, and nothing has come since, not even the
    /// end. Asks the system only if something did.
    pub(in super::super) fn is_reusable(&mut self, cx: &mut Context<'_>) -> bool {
        let mut byte = [0];
        self.keeps_alive
            && self.body.is_at_end()
            && self.outgoing.is_done()
            && self.input.is_empty()
            && Pin::new(&mut self.socket).poll_read(cx, &mut ReadBuf::new(&mut byte)).is_pending()
    }

    /// Writes as much of the request as the socket takes. A failure shows when the response is read: an upstream that
    /// refuses a body early may respond first.
    fn write(&mut self, cx: &mut Context<'_>) {
        let _ = self.outgoing.poll_write(cx, &mut self.socket);
    }

    /// Reads once; ready with the number of bytes, which is 0 at the end.
    fn poll_fill(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        if self.input.capacity() - self.input.len() < self.read_bytes / 2 {
            self.input.reserve(self.read_bytes);
        }
        let room = self.input.capacity() - self.input.len();
        let read = ready!(pin!(self.socket.read_buf(&mut self.input)).poll(cx))?;
        if read >= room {
            self.read_bytes = (self.read_bytes * 2).min(MAX_READ_BYTES);
        } else if read < self.read_bytes / 4 {
            self.read_bytes = (self.read_bytes / 2).max(MIN_READ_BYTES);
        }
        Poll::Ready(Ok(read))
    }
}

/// Whether an error says that the other side is gone.
fn is_closed(error: &io::Error) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
    matches!(error.kind(), ConnectionReset | BrokenPipe | ConnectionAborted | UnexpectedEof)
}
