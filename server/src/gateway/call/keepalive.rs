//! For balancers that ask for it: comments on a stream while its first event is awaited, so that nobody on the way
//! takes it for dead. The first comment commits the status line; an error after it can only be told in the stream.

use std::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use app::domain::outcome::Outcome;
use axum::{
    body::Body,
    http::{Response, StatusCode},
};
use bytes::Bytes;
use http_body::Frame;
use tokio::time::{Sleep, sleep};

use super::{
    admit::Call,
    attempt::Answer,
    decide::Decided,
    deliver::deliver,
    error::CallError,
    failover::Answered,
    headers,
    record::Recorder,
    relay::Relay,
    respond::{error_response, respond, stream_mask},
};
use crate::gateway::listener::Connection;

const COMMENT: &[u8] = b": keep-alive\n\n";

/// What comes of the wait, with all that is needed to go on.
struct Waited {
    result: Result<Answered, CallError>,
    call: Call,
    record: Recorder,
}

type Waiting = Pin<Box<dyn Future<Output = Waited> + Send>>;

/// Waits for the first event; where it takes longer than `every`, answers with a body that goes on waiting.
pub(crate) async fn answer(
    call: Call,
    decided: Decided,
    mut record: Recorder,
    connection: Option<Connection>,
    every: Duration,
) -> Response<Body> {
    let request_id = record.id().to_owned();
    let mut response = Response::new(Body::empty());
    headers::write_stream(response.headers_mut());
    record.write_headers(response.headers_mut());
    let mut waiting: Waiting = Box::pin(async move {
        let result = deliver(&call, &decided, &mut record).await;
        Waited { result, call, record }
    });
    match tokio::time::timeout(every, &mut waiting).await {
        Ok(Waited { result: Ok(answered), call, record }) => respond(answered, &call, record, connection),
        Ok(Waited { result: Err(error), record, .. }) => error_response(&error, record),
        Err(_) => {
            let cut: Pin<Box<dyn Future<Output = ()> + Send>> = match &connection {
                Some(connection) => Box::pin(connection.cut()),
                None => Box::pin(std::future::pending()),
            };
            *response.body_mut() = Body::new(Stream {
                stage: Stage::Waiting { waiting, next: Box::pin(sleep(Duration::ZERO)), every },
                connection,
                cut,
                request_id,
            });
            response
        }
    }
}

struct Stream {
    stage: Stage,
    connection: Option<Connection>,
    /// The server waits no longer.
    cut: Pin<Box<dyn Future<Output = ()> + Send>>,
    request_id: String,
}

enum Stage {
    Waiting { waiting: Waiting, next: Pin<Box<Sleep>>, every: Duration },
    Relaying(Box<Relay>),
    Over,
}

impl Stream {
    /// The stage after the wait, and what it begins with.
    fn after(&mut self, waited: Waited) -> Option<Bytes> {
        let Waited { result, call, mut record } = waited;
        let connection = self.connection.take();
        let error = match result {
            Ok(Answered { answer: Answer::Stream(opened), guard, .. }) => {
                record.first_byte();
                let relay = Relay::new(opened, stream_mask(&call), guard, record, connection);
                self.stage = Stage::Relaying(Box::new(relay));
                return None;
            }
            Ok(Answered { answer: Answer::Plain(answer) | Answer::Rejected(answer), guard, .. }) => {
                guard.ended(&Outcome::Rejected(answer.status.as_u16()));
                CallError::rejected_in_stream()
            }
            Err(error) => error,
        };
        let event = error.event(record.id(), record.attempts());
        record.finished(StatusCode::OK.as_u16(), Some(error.code));
        self.close(connection);
        Some(event)
    }

    /// No more comes, and the connection closes.
    fn close(&mut self, connection: Option<Connection>) {
        if let Some(connection) = connection {
            connection.close_after_answer();
        }
        self.stage = Stage::Over;
    }
}

impl http_body::Body for Stream {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        loop {
            let this = &mut *self;
            let waited = match &mut this.stage {
                Stage::Over => return Poll::Ready(None),
                Stage::Relaying(relay) => return Pin::new(&mut **relay).poll_frame(cx),
                Stage::Waiting { waiting, next, every } => match waiting.as_mut().poll(cx) {
                    Poll::Ready(waited) => waited,
                    Poll::Pending if this.cut.as_mut().poll(cx).is_ready() => {
                        let event = CallError::shutting_down().event(&this.request_id, &[]);
                        let connection = this.connection.take();
                        this.close(connection);
                        return Poll::Ready(Some(Ok(Frame::data(event))));
                    }
                    Poll::Pending => {
                        ready!(next.as_mut().poll(cx));
                        *next = Box::pin(sleep(*every));
                        return Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(COMMENT)))));
                    }
                },
            };
            if let Some(event) = self.after(waited) {
                return Poll::Ready(Some(Ok(Frame::data(event))));
            }
        }
    }
}
