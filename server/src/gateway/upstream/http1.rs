//! One HTTP/1.1 connection to an instance.
//!
//! It has no task of its own: whoever makes a call drives it, from the request to the end of the answer's body, in the
//! task that serves the caller. So a call wakes nobody else, and what is read ahead is one bounded buffer.

use std::{
    error::Error as _,
    future::poll_fn,
    io,
    pin::Pin,
    task::{Context, Poll},
};

use axum::http::{Request, Response};
use hyper::{
    body::Incoming,
    client::conn::http1::{self, SendRequest},
};

use super::{connector::Socket, request_body::RequestBody};

/// The most that is read ahead of an answer, in bytes; also the largest head.
const READ_BUFFER_BYTES: usize = 32 * 1024;

/// A connection.
#[derive(Debug)]
pub(super) struct Http1Connection {
    requests: SendRequest<RequestBody>,
    driver: http1::Connection<Socket, RequestBody>,
}

impl Http1Connection {
    /// A connection on a new socket.
    pub(super) async fn new(socket: Socket) -> Result<Box<Self>, hyper::Error> {
        let (requests, driver) =
            http1::Builder::new().max_buf_size(READ_BUFFER_BYTES).handshake::<_, RequestBody>(socket).await?;
        let mut connection = Box::new(Self { requests, driver });
        poll_fn(|cx| Poll::Ready(connection.is_reusable(cx))).await;
        Ok(connection)
    }

    /// Whether it is open and may take a request.
    pub(super) fn is_reusable(&mut self, cx: &mut Context<'_>) -> bool {
        self.poll_driver(cx).is_pending() && self.requests.is_ready()
    }

    /// Does what can be done now; ready once the connection is over.
    pub(super) fn poll_driver(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        // How it ended shows at the request or at the body that it was about.
        Pin::new(&mut self.driver).poll(cx).map(drop)
    }

    /// Sends a request and waits for the head of the answer. The connection comes back as long as it is open.
    ///
    /// # Errors
    /// See [`is_stale_connection`].
    pub(super) async fn send(
        mut self: Box<Self>,
        request: Request<RequestBody>,
    ) -> Result<(Response<Incoming>, Option<Box<Self>>), hyper::Error> {
        let mut response = Box::pin(self.requests.send_request(request));
        let mut open = Some(self);
        let response = poll_fn(|cx| {
            if open.as_mut().is_some_and(|it| it.poll_driver(cx).is_ready()) {
                open = None;
            }
            response.as_mut().poll(cx)
        })
        .await?;
        Ok((response, open))
    }
}

/// Whether a request that failed on a connection that had been idle can have been seen by nobody: the other end had
/// closed it, its FIN and our request crossed, and not a byte came back.
pub(super) fn is_stale_connection(error: &hyper::Error) -> bool {
    let io_kind = error.source().and_then(|it| it.downcast_ref::<io::Error>()).map(io::Error::kind);
    let closed = matches!(
        io_kind,
        Some(io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionAborted)
    );
    // A message that is incomplete may have begun; hyper says so only for one of which nothing came.
    error.is_canceled() || error.is_incomplete_message() || closed
}
