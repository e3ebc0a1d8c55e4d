//! `GET /v1/models`: the serving names that a key may use, and nothing about those that it may not.

use std::sync::Arc;

use axum::{
    Json,
    body::Body,
    extract::{Path, State},
    http::{HeaderMap, Response},
    response::IntoResponse as _,
};
use serde::Serialize;

use super::{authenticate::authenticate, error::CallError, record::Recorder, respond::error_response};
use crate::gateway::{Gateway, snapshot::Served};

#[derive(Serialize)]
struct List {
    object: &'static str,
    data: Vec<Model>,
}

#[derive(Serialize)]
struct Model {
    id: String,
    object: &'static str,
    /// Seconds since 1970.
    created: i64,
    owned_by: &'static str,
}

impl Model {
    fn of(served: &Served) -> Self {
        Self {
            id: served.stored.spec.serving_name.clone(),
            object: "model",
            created: served.stored.created_at.0 / 1_000,
            owned_by: "smart-balancer",
        }
    }
}

/// Lists them, by name.
pub(crate) async fn list(State(gateway): State<Arc<Gateway>>, headers: HeaderMap) -> Response<Body> {
    answer(&gateway, &headers, |open| {
        let mut data: Vec<_> = open.iter().map(|it| Model::of(it)).collect();
        data.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(Json(List { object: "list", data }).into_response())
    })
}

/// Shows one; its name may hold slashes.
pub(crate) async fn one(
    State(gateway): State<Arc<Gateway>>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response<Body> {
    answer(&gateway, &headers, |open| {
        let found = open.iter().find(|it| it.stored.spec.serving_name.eq_ignore_ascii_case(&id));
        let served = found.ok_or_else(|| CallError::model_not_found(&id))?;
        Ok(Json(Model::of(served)).into_response())
    })
}

/// Answers from the enabled balancers that the key opens.
fn answer(
    gateway: &Gateway,
    headers: &HeaderMap,
    make: impl FnOnce(&[&Arc<Served>]) -> Result<Response<Body>, CallError>,
) -> Response<Body> {
    let mut record = Recorder::new(&gateway.engine.sink);
    let snapshot = gateway.snapshot.load();
    let made = authenticate(headers, &snapshot.keys).and_then(|pass| {
        let scope = &pass.key.record.scope;
        let is_open = |it: &&Arc<Served>| it.stored.spec.enabled && scope.opens(it.stored.id.as_str());
        let open: Vec<_> = snapshot.balancers().filter(is_open).collect();
        let made = make(&open);
        drop(open);
        record.authenticated(pass);
        made
    });
    match made {
        Ok(mut response) => {
            record.write_headers(response.headers_mut());
            record.finished(response.status().as_u16(), None);
            response
        }
        Err(error) => error_response(&error, record),
    }
}
