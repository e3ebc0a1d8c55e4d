//! The response to the caller, built from an upstream's answer or from an error.

pub(crate) mod keepalive;
mod mask;
pub(crate) mod relay;

use app::domain::routing::outcome::Outcome;
use axum::{
    body::Body,
    http::{HeaderValue, Response, StatusCode, header},
};
use bytes::Bytes;

use self::relay::Relay;
use super::{
    admit::Call, attempt::UpstreamAnswer, error::CallError, failover::Answered, headers, record::Recorder,
};
use crate::gateway::listener::Connection;

/// Responds with an error.
pub(crate) fn error_response(error: &CallError, mut recorder: Recorder) -> Response<Body> {
    let mut response = error.response(recorder.api(), recorder.id(), &recorder.attempts());
    recorder.write_headers(response.headers_mut());
    recorder.finish(error.status.as_u16(), Some(error.code));
    response
}

/// Responds with an upstream's answer.
pub(crate) fn respond(
    answered: Answered,
    call: &Call,
    mut recorder: Recorder,
    connection: Option<Connection>,
) -> Response<Body> {
    recorder.mark_first_byte();
    let mut response = match answered.answer {
        UpstreamAnswer::Stream(stream) => {
            let mut response = Response::new(Body::empty());
            headers::set_stream_headers(response.headers_mut());
            recorder.write_headers(response.headers_mut());
            let relay = Relay::new(stream, call, answered.guard, recorder, connection);
            *response.body_mut() = relay.into_body();
            return response;
        }
        UpstreamAnswer::Plain(answer) => {
            answered.guard.finish(&Outcome::Ok);
            recorder.set_empty(answer.is_empty);
            if let Some(tokens) = answer.tokens {
                recorder.set_tokens(tokens);
            }
            let body = masked(answer.body, call);
            whole_response(answer.status, answer.content_type, body)
        }
        UpstreamAnswer::Rejected(answer) => {
            answered.guard.finish(&Outcome::Rejected(answer.status.as_u16()));
            whole_response(answer.status, answer.content_type, answer.body)
        }
    };
    recorder.write_headers(response.headers_mut());
    recorder.finish(response.status().as_u16(), None);
    response
}

fn whole_response(status: StatusCode, content_type: Option<HeaderValue>, body: Bytes) -> Response<Body> {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    if let Some(content_type) = content_type {
        response.headers_mut().insert(header::CONTENT_TYPE, content_type);
    }
    response
}

/// The answer with its model masked, if the balancer says so.
pub(crate) fn masked(body: Bytes, call: &Call) -> Bytes {
    let spec = call.balancer.spec();
    if spec.mask_upstream_model { mask::mask_answer(&body, &spec.serving_name) } else { body }
}

/// The mask for a stream, if the balancer says so.
pub(crate) fn stream_mask(call: &Call) -> Option<mask::StreamMask> {
    let spec = call.balancer.spec();
    spec.mask_upstream_model.then(|| mask::StreamMask::new(&spec.serving_name))
}
