//! The body of an upstream response. Reading it drives its connection. At its end the connection returns to
//! the pool; if the body is dropped earlier, the connection closes.

use std::{
    future::poll_fn,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use axum::http::Response;
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;

use super::{http1::Http1Connection, pool::ConnectionPool};

/// Most bytes of an unwanted body that are read so that its connection can be reused.
const MAX_DRAINED_BYTES: usize = 64 * 1024;

/// A response body and the connection that it arrives on.
#[derive(Debug)]
pub(crate) struct AnswerBody {
    incoming: Incoming,
    connection: Option<Box<Http1Connection>>,
    pool: Arc<ConnectionPool>,
}

impl AnswerBody {
    pub(super) fn wrap(
        response: Response<Incoming>,
        connection: Option<Box<Http1Connection>>,
        pool: &Arc<ConnectionPool>,
    ) -> Response<Self> {
        response.map(|incoming| Self { incoming, connection, pool: Arc::clone(pool) })
    }

    /// Discards an unwanted body. If all of it has arrived, its connection is reused.
    pub(crate) async fn drain(mut self) {
        poll_fn(|cx| {
            let mut remaining = MAX_DRAINED_BYTES;
            while let Poll::Ready(Some(Ok(frame))) = Pin::new(&mut self).poll_frame(cx) {
                let length = frame.data_ref().map_or(0, Bytes::len);
                match remaining.checked_sub(length) {
                    Some(rest) => remaining = rest,
                    None => break,
                }
            }
            Poll::Ready(())
        })
        .await;
    }

    /// Returns the connection to the pool, if it is still open.
    fn release_connection(&mut self, cx: &mut Context<'_>) {
        if let Some(mut connection) = self.connection.take()
            && connection.is_reusable(cx)
        {
            self.pool.release(connection);
        }
    }
}

impl Body for AnswerBody {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let this = &mut *self;
        // The first poll makes the connection read; the second one returns what was read.
        let mut next = Pin::new(&mut this.incoming).poll_frame(cx);
        if next.is_pending()
            && let Some(connection) = &mut this.connection
        {
            if connection.poll_driver(cx).is_ready() {
                this.connection = None;
            }
            next = Pin::new(&mut this.incoming).poll_frame(cx);
        }
        if matches!(next, Poll::Ready(None)) {
            this.release_connection(cx);
        }
        next
    }

    fn is_end_stream(&self) -> bool {
        self.incoming.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.incoming.size_hint()
    }
}
