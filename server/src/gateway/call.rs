//! One call through the data plane. Its steps are files of their own, in this order: [`authenticate`] and [`read`] by way
//! of [`admit`], [`decide`] with [`classify`], [`failover`] with [`attempt`] by way of [`deliver`], [`respond`] and
//! [`relay`] (or [`keepalive`]), [`record`]. This file only puts them in a row.

pub(crate) mod admit;
pub(crate) mod attempt;
pub(crate) mod authenticate;
pub(crate) mod classify;
pub(crate) mod decide;
pub(crate) mod deliver;
pub(crate) mod error;
pub(crate) mod failover;
pub(crate) mod header_names;
pub(crate) mod headers;
mod keepalive;
mod mask;
pub(crate) mod models;
pub(crate) mod read;
pub(crate) mod record;
pub(crate) mod relay;
pub(crate) mod respond;
mod stream_watch;

use std::{sync::Arc, time::Duration};

use app::domain::instance::WorkloadKind;
use axum::{body::Body, extract::Request, http::Response};

use self::{
    admit::{Call, admit},
    deliver::{decide_call, deliver},
    error::CallError,
    record::Recorder,
    respond::{error_response, respond},
};
use super::{Gateway, listener::Connection};

/// Serves a call of that kind.
pub(crate) async fn serve(gateway: Arc<Gateway>, kind: WorkloadKind, request: Request) -> Response<Body> {
    let mut record = Recorder::new(&gateway.engine.sink);
    let id = record.id().to_owned();
    let connection = request.extensions().get::<Connection>().cloned();
    let cut = connection.as_ref().map(Connection::cut);
    let call = match admit(&gateway, kind, request, &mut record).await {
        Ok(call) => call,
        Err(error) => return error_response(&error, record),
    };
    let answering = answer(call, record, connection);
    match cut {
        None => answering.await,
        Some(cut) => tokio::select! {
            response = answering => response,
            () = cut => CallError::shutting_down().bare_response(&id),
        },
    }
}

/// Decides, lets somebody answer, and makes the answer.
async fn answer(call: Call, mut record: Recorder, connection: Option<Connection>) -> Response<Body> {
    let decided = decide_call(&call, &mut record).await;
    let every = call.served.stored.spec.stream_keepalive_s;
    if call.request.stream && every > 0 {
        return keepalive::answer(call, decided, record, connection, Duration::from_secs(every)).await;
    }
    match deliver(&call, &decided, &mut record).await {
        Ok(answered) => respond(answered, &call, record, connection),
        Err(error) => error_response(&error, record),
    }
}
