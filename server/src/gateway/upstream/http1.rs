//! One HTTP/1.1 connection to an instance.
//!
//! It has no task of its own. The task that serves the caller drives it, from the request to the end of the
//! response body, so a call wakes no other task and reads ahead no more than one bounded buffer.

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

/// Size of the read buffer, in bytes; also the largest response head.
const READ_BUFFER_BYTES: usize = 32 * 1024;

/// A client connection and its driver.
#[derive(Debug)]
pub(super) struct Http1Connection {
    requests: SendRequest<RequestBody>,
    driver: http1::Connection<Socket, RequestBody>,
}

impl Http1Connection {
    /// Performs the handshake on a new socket.
    pub(super) async fn new(socket: Socket) -> Result<Box<Self>, hyper::Error> {
        let (requests, driver) =
            http1::Builder::new().max_buf_size(READ_BUFFER_BYTES).handshake::<_, RequestBody>(socket).await?;
        let mut connection = Box::new(Self { requests, driver });
        poll_fn(|cx| Poll::Ready(connection.is_reusable(cx))).await;
        Ok(connection)
    }

    /// Whether it is open and idle.
    pub(super) fn is_reusable(&mut self, cx: &mut Context<'_>) -> bool {
        self.poll_driver(cx).is_pending() && self.requests.is_ready()
    }

    /// Makes progress; ready once the connection has closed.
    pub(super) fn poll_driver(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        // The reason shows at the request or body that it affects.
        Pin::new(&mut self.driver).poll(cx).map(drop)
    }

    /// Sends a request and waits for the head of the response. Returns the connection too, if it is still
    /// open.
    ///
    /// # Errors
    /// An error for which [`is_stale_connection`] holds may be retried on a new connection.
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

/// Whether a request failed on an idle connection before the upstream can have seen it: it had closed the
/// connection, its FIN crossed our request, and not a byte came back.
pub(super) fn is_stale_connection(error: &hyper::Error) -> bool {
    let io_kind = error.source().and_then(|it| it.downcast_ref::<io::Error>()).map(io::Error::kind);
    let closed = matches!(
        io_kind,
        Some(io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionAborted)
    );
    // An incomplete message may have begun, but hyper reports only those of which nothing arrived.
    error.is_canceled() || error.is_incomplete_message() || closed
}
