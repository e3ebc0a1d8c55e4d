//! Comments on a stream while waiting for its decision and its first event, so no proxy times it out; a
//! setting of the balancer. The first comment commits the status line and the headers known by then, so later
//! errors can only be sent inside the stream.

use std::{
    collections::HashMap,
    pin::Pin,
    sync::{Arc, OnceLock},
    task::{Context, Poll, ready},
    time::Duration,
};

use app::domain::{
    api::Api,
    ids::RequestId,
    routing::{blame, outcome::Outcome},
};
use axum::{
    body::Body,
    http::{Response, StatusCode},
};
use bytes::Bytes;
use futures_util::future::BoxFuture;
use serde::de::IgnoredAny;
use serde_json::json;
use tokio::time::{Sleep, sleep};

use super::{
    error_response,
    relay::{Relay, body_of_pieces},
    respond,
};
use crate::gateway::{
    call::{
        admit::Call,
        attempt::UpstreamAnswer,
        deliver::{decide_call, deliver},
        error::CallError,
        failover::Answered,
        headers,
        record::Recorder,
    },
    listener::Connection,
    state::clock,
};

const COMMENT: &[u8] = b": keep-alive\n\n";

/// The result of delivering a call, and what responding to it needs.
struct Delivery {
    result: Result<Answered, CallError>,
    call: Box<Call>,
    recorder: Recorder,
}

type DeliveryFuture = BoxFuture<'static, Delivery>;

/// Decides about a call and waits for the first event of its answer. If that takes longer than `interval`, responds at
/// once with a body that goes on waiting.
pub(crate) async fn respond_with_keepalive(
    call: Box<Call>,
    mut recorder: Recorder,
    connection: Option<Connection>,
    interval: Duration,
) -> Response<Body> {
    let request_id = recorder.request_id();
    let api = call.endpoint().api();
    let (started, undecided) = (recorder.started_at(), recorder.early_headers());
    let decided = Arc::new(OnceLock::new());
    let when_decided = Arc::clone(&decided);
    let mut delivery: DeliveryFuture = Box::pin(async move {
        let routing = decide_call(&call, &mut recorder).await;
        let _ = when_decided.set(recorder.early_headers());
        let result = deliver(&call, &routing, &mut recorder).await;
        Delivery { result, call, recorder }
    });
    match tokio::time::timeout(interval, &mut delivery).await {
        Ok(Delivery { result: Ok(answered), call, recorder }) => {
            respond(answered, &call, recorder, connection)
        }
        Ok(Delivery { result: Err(error), recorder, .. }) => error_response(&error, recorder),
        Err(_) => {
            let mut stream = KeepaliveStream {
                stage: Stage::Waiting { delivery, next_comment: Box::pin(sleep(Duration::ZERO)), interval },
                connection,
                api,
                request_id,
            };
            let mut response = Response::new(body_of_pieces(move |cx| stream.poll_piece(cx)));
            headers::set_stream_headers(response.headers_mut());
            let early = decided.get().unwrap_or(&undecided);
            early.write(clock::millis(started.elapsed()), response.headers_mut());
            response
        }
    }
}

/// The error object of a refusal, which passes to the caller as it is, in one line; `None` if there is none.
fn refusal_object(body: &[u8]) -> Option<String> {
    let error = blame::error_in(std::str::from_utf8(body).ok()?);
    if let Ok(message) = serde_json::from_str::<String>(error) {
        return Some(json!({ "message": message, "type": "invalid_request_error" }).to_string());
    }
    let members = serde_json::from_str::<HashMap<String, IgnoredAny>>(error).ok()?;
    let is_error = ["message", "type", "code"].iter().any(|it| members.contains_key(*it));
    // In JSON, line breaks stand only between tokens; in an event they would end the line.
    is_error.then(|| error.replace(['\r', '\n'], " "))
}

struct KeepaliveStream {
    stage: Stage,
    connection: Option<Connection>,
    api: Api,
    request_id: RequestId,
}

enum Stage {
    Waiting { delivery: DeliveryFuture, next_comment: Pin<Box<Sleep>>, interval: Duration },
    Relaying(Box<Relay>),
    Done,
}

impl KeepaliveStream {
    /// Moves on from waiting. Returns the event to send if the delivery failed.
    fn finish_waiting(&mut self, delivery: Delivery) -> Option<Bytes> {
        let Delivery { result, call, mut recorder } = delivery;
        let connection = self.connection.take();
        let error = match result {
            Ok(Answered { answer: UpstreamAnswer::Stream(stream), guard, .. }) => {
                recorder.mark_first_byte();
                let relay = Relay::new(stream, &call, guard, recorder, connection);
                self.stage = Stage::Relaying(Box::new(relay));
                return None;
            }
            Ok(Answered {
                answer: UpstreamAnswer::Plain(answer) | UpstreamAnswer::Rejected(answer),
                guard,
                ..
            }) => {
                guard.finish(&Outcome::Rejected(answer.status.as_u16()));
                let error = CallError::rejected_in_stream();
                let event = match refusal_object(&answer.body) {
                    Some(object) => self.api.rules().error_event(&object, recorder.id(), None).into(),
                    None => error.event(self.api, recorder.id(), None, &recorder.attempts()),
                };
                recorder.finish(StatusCode::OK.as_u16(), Some(error.code));
                self.close(connection);
                return Some(event);
            }
            Err(error) => error,
        };
        let event = error.event(self.api, recorder.id(), None, &recorder.attempts());
        recorder.finish(StatusCode::OK.as_u16(), Some(error.code));
        self.close(connection);
        Some(event)
    }

    /// Ends the stream and closes the connection.
    fn close(&mut self, connection: Option<Connection>) {
        if let Some(connection) = connection {
            connection.close_after_answer();
        }
        self.stage = Stage::Done;
    }

    /// The next piece; `None` once the stream has ended.
    fn poll_piece(&mut self, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        loop {
            let delivery = match &mut self.stage {
                Stage::Done => return Poll::Ready(None),
                Stage::Relaying(relay) => return relay.poll_piece(cx),
                Stage::Waiting { delivery, next_comment, interval } => match delivery.as_mut().poll(cx) {
                    Poll::Ready(delivery) => delivery,
                    Poll::Pending if self.connection.as_ref().is_some_and(Connection::is_force_closed) => {
                        let event =
                            CallError::shutting_down().event(self.api, self.request_id.as_str(), None, &[]);
                        let connection = self.connection.take();
                        self.close(connection);
                        return Poll::Ready(Some(event));
                    }
                    Poll::Pending => {
                        ready!(next_comment.as_mut().poll(cx));
                        *next_comment = Box::pin(sleep(*interval));
                        return Poll::Ready(Some(Bytes::from_static(COMMENT)));
                    }
                },
            };
            if let Some(event) = self.finish_waiting(delivery) {
                return Poll::Ready(Some(event));
            }
        }
    }
}
