//! The steps of a call, one module each, in this order: [`admit`], [`deliver`] ([`decide`] with [`classify`], then
//! [`failover`] with [`attempt`]), [`respond`], [`record`]. [`serve`] runs them.

pub(crate) mod admit;
pub(crate) mod attempt;
pub(crate) mod classify;
pub(crate) mod decide;
pub(crate) mod deliver;
pub(crate) mod error;
pub(crate) mod failover;
pub(crate) mod header_names;
pub(crate) mod headers;
pub(crate) mod models;
pub(crate) mod record;
pub(crate) mod respond;

use std::{sync::Arc, time::Duration};

use app::domain::config::instance::WorkloadKind;
use axum::{body::Body, extract::Request, http::Response};

use self::{
    admit::{Call, admit},
    deliver::{decide_call, deliver},
    error::CallError,
    record::Recorder,
    respond::{error_response, keepalive, respond},
};
use super::{Gateway, listener::Connection};

/// Serves one request of a workload kind, from admission to the response.
pub(crate) async fn serve(gateway: Arc<Gateway>, kind: WorkloadKind, request: Request) -> Response<Body> {
    let mut recorder = Recorder::new(&gateway.shared.sink);
    let id = recorder.id().to_owned();
    let connection = request.extensions().get::<Connection>().cloned();
    let force_closed = connection.as_ref().map(Connection::force_closed);
    let call = match admit(&gateway, kind, request, &mut recorder).await {
        Ok(call) => call,
        Err(error) => return error_response(&error, recorder),
    };
    let response = run(call, recorder, connection);
    match force_closed {
        None => response.await,
        Some(force_closed) => tokio::select! {
            response = response => response,
            () = force_closed => CallError::shutting_down().standalone_response(&id),
        },
    }
}

/// Decides, delivers and responds.
async fn run(call: Call, mut recorder: Recorder, connection: Option<Connection>) -> Response<Body> {
    let routing = decide_call(&call, &mut recorder).await;
    let keepalive_s = call.balancer.spec().stream_keepalive_s;
    if call.request.stream && keepalive_s > 0 {
        let interval = Duration::from_secs(keepalive_s);
        return keepalive::respond_with_keepalive(call, routing, recorder, connection, interval).await;
    }
    match deliver(&call, &routing, &mut recorder).await {
        Ok(answered) => respond(answered, &call, recorder, connection),
        Err(error) => error_response(&error, recorder),
    }
}
