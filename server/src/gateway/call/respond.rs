//! The response to the caller, made of an upstream's answer or of an error.

use app::domain::outcome::Outcome;
use axum::{
    body::Body,
    http::{HeaderValue, Response, StatusCode, header},
};
use bytes::Bytes;

use super::{
    admit::Call, attempt::Answer, error::CallError, failover::Answered, headers, mask, record::Recorder,
    relay::Relay,
};
use crate::gateway::listener::Connection;

/// Answers with an error.
pub(crate) fn error_response(error: &CallError, mut record: Recorder) -> Response<Body> {
    let mut response = error.response(record.id(), record.attempts());
    record.write_headers(response.headers_mut());
    record.finished(error.status.as_u16(), Some(error.code));
    response
}

/// Makes the caller's answer of an upstream's.
pub(crate) fn respond(
    answered: Answered,
    call: &Call,
    mut record: Recorder,
    connection: Option<Connection>,
) -> Response<Body> {
    record.first_byte();
    let mut response = match answered.answer {
        Answer::Stream(opened) => {
            let mut response = Response::new(Body::empty());
            headers::write_stream(response.headers_mut());
            record.write_headers(response.headers_mut());
            let relay = Relay::new(opened, stream_mask(call), answered.guard, record, connection);
            *response.body_mut() = Body::new(relay);
            return response;
        }
        Answer::Plain(answer) => {
            answered.guard.ended(&Outcome::Ok);
            if let Some(tokens) = answer.tokens() {
                record.used(tokens);
            }
            let body = masked(answer.body, call);
            whole(answer.status, answer.content_type, body)
        }
        Answer::Rejected(answer) => {
            answered.guard.ended(&Outcome::Rejected(answer.status.as_u16()));
            whole(answer.status, answer.content_type, answer.body)
        }
    };
    record.write_headers(response.headers_mut());
    record.finished(response.status().as_u16(), None);
    response
}

fn whole(status: StatusCode, content_type: Option<HeaderValue>, body: Bytes) -> Response<Body> {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    if let Some(content_type) = content_type {
        response.headers_mut().insert(header::CONTENT_TYPE, content_type);
    }
    response
}

/// The answer with its model masked, where the balancer asks for it.
pub(crate) fn masked(body: Bytes, call: &Call) -> Bytes {
    let balancer = &call.served.stored.spec;
    if balancer.mask_upstream_model { mask::answer(&body, &balancer.serving_name) } else { body }
}

/// What masks the model in a stream, where the balancer asks for it.
pub(crate) fn stream_mask(call: &Call) -> Option<mask::StreamMask> {
    let balancer = &call.served.stored.spec;
    balancer.mask_upstream_model.then(|| mask::StreamMask::new(&balancer.serving_name))
}
