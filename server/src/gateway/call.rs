//! The steps of a call, one module each, in this order: [`admit`], [`deliver`] ([`decide`] with [`classify`], then
//! [`failover`] with [`attempt`]), [`respond`], [`record`]. [`serve`] runs them.

pub(crate) mod admit;
pub(crate) mod attempt;
pub(crate) mod classify;
pub(crate) mod decide;
pub(crate) mod deliver;
pub(crate) mod early_headers;
pub(crate) mod error;
pub(crate) mod failover;
pub(crate) mod header_names;
pub(crate) mod headers;
pub(crate) mod made_response;
pub(crate) mod models;
pub(crate) mod record;
pub(crate) mod respond;

use std::{future::poll_fn, pin::pin, sync::Arc, task::Poll, time::Duration};

use app::domain::api::Endpoint;
use axum::{
    body::Body,
    extract::{Request, State},
    http::Response,
};

use self::{
    admit::{Call, admit, admit_stored},
    deliver::{decide_call, deliver},
    error::CallError,
    record::Recorder,
    respond::{error_response, keepalive, respond},
};
use super::{Gateway, listener::Connection, upstream::StoredPath};

/// Serves one call of a path, from admission to the response.
pub(crate) async fn serve(
    gateway: Arc<Gateway>,
    endpoint: Endpoint,
    request: Request,
    connection: Option<Connection>,
) -> Response<Body> {
    let mut recorder = Recorder::new(&gateway.shared.sink, endpoint);
    match admit(&gateway, endpoint, request, &mut recorder).await {
        Ok(call) => finish(Box::new(call), recorder, connection).await,
        Err(error) => error_response(&error, recorder),
    }
}

/// Serves one call on a stored response.
pub(crate) async fn serve_stored_path(
    State(gateway): State<Arc<Gateway>>,
    request: Request,
) -> Response<Body> {
    let mut recorder = Recorder::new(&gateway.shared.sink, Endpoint::StoredResponse);
    let connection = request.extensions().get::<Connection>().cloned();
    let stored = StoredPath::new(request.method(), request.uri());
    match admit_stored(&gateway, stored, request, &mut recorder).await {
        Ok(call) => finish(Box::new(call), recorder, connection).await,
        Err(error) => error_response(&error, recorder),
    }
}

/// Serves an admitted call, unless the end of a drain comes first. The call is moved from step to step, and so is what
/// waits for it: both are kept small.
async fn finish(call: Box<Call>, recorder: Recorder, connection: Option<Connection>) -> Response<Body> {
    let id = recorder.request_id();
    let api = call.endpoint().api();
    let mut response = pin!(run(call, recorder, connection.clone()));
    poll_fn(|cx| match response.as_mut().poll(cx) {
        Poll::Pending if connection.as_ref().is_some_and(Connection::is_force_closed) => {
            Poll::Ready(CallError::shutting_down().standalone_response(api, &id))
        }
        polled => polled,
    })
    .await
}

/// Decides, delivers and responds.
async fn run(call: Box<Call>, mut recorder: Recorder, connection: Option<Connection>) -> Response<Body> {
    let keepalive_s = call.balancer.spec().stream_keepalive_s;
    if call.request.stream && keepalive_s > 0 {
        let interval = Duration::from_secs(keepalive_s);
        return Box::pin(keepalive::respond_with_keepalive(call, recorder, connection, interval)).await;
    }
    let routing = decide_call(&call, &mut recorder).await;
    match deliver(&call, &routing, &mut recorder).await {
        Ok(answered) => respond(answered, &call, recorder, connection),
        Err(error) => error_response(&error, recorder),
    }
}
