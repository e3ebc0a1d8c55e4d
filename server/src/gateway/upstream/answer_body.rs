//! The body of an upstream response. Reading it reads from its connection. At its end the connection returns to the
//! pool; if the body is dropped earlier, the connection closes.

use std::{
    future::poll_fn,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http_body::{Body, Frame};

use super::{
    http1::{BodyError, Connection},
    pool::ConnectionPool,
};

/// Most bytes of an unwanted body that are read so that its connection can be reused.
const MAX_DRAINED_BYTES: usize = 64 * 1024;

/// A response body and the connection that it arrives on.
#[derive(Debug)]
pub(crate) struct AnswerBody {
    /// `None` once the body has ended.
    connection: Option<Box<Connection>>,
    pool: Arc<ConnectionPool>,
}

impl AnswerBody {
    pub(super) fn new(connection: Box<Connection>, pool: &Arc<ConnectionPool>) -> Self {
        Self { connection: Some(connection), pool: Arc::clone(pool) }
    }

    /// The next piece; `None` once the body has ended.
    pub(crate) fn poll_piece(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, BodyError>>> {
        let Some(connection) = &mut self.connection else { return Poll::Ready(None) };
        let piece = ready!(connection.poll_piece(cx));
        if !matches!(piece, Some(Ok(_)))
            && let Some(mut connection) = self.connection.take()
            && piece.is_none()
            && connection.is_reusable(cx)
        {
            self.pool.release(connection);
        }
        Poll::Ready(piece)
    }

    /// The next piece; `None` once the body has ended.
    pub(crate) async fn piece(&mut self) -> Option<Result<Bytes, BodyError>> {
        poll_fn(|cx| self.poll_piece(cx)).await
    }

    /// Discards an unwanted body. If all of it has arrived, its connection is reused.
    pub(crate) async fn drain(mut self) {
        poll_fn(|cx| {
            let mut remaining = MAX_DRAINED_BYTES;
            while let Poll::Ready(Some(Ok(piece))) = self.poll_piece(cx) {
                match remaining.checked_sub(piece.len()) {
                    Some(rest) => remaining = rest,
                    None => break,
                }
            }
            Poll::Ready(())
        })
        .await;
    }
}

impl Body for AnswerBody {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        self.poll_piece(cx).map_ok(Frame::data)
    }
}
