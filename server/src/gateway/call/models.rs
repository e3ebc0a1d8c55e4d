//! `GET /v1/models`: the serving names that a key may use. It reveals nothing about others.

use std::sync::Arc;

use axum::{
    Json,
    body::Body,
    extract::{Path, State},
    http::{HeaderMap, Response},
    response::IntoResponse as _,
};
use serde::Serialize;

use super::{admit::authenticate::authenticate, error::CallError, record::Recorder, respond::error_response};
use crate::gateway::{Gateway, snapshot::CompiledBalancer};

#[derive(Serialize)]
struct ModelList {
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
    fn new(balancer: &CompiledBalancer) -> Self {
        Self {
            id: balancer.spec().serving_name.clone(),
            object: "model",
            created: balancer.stored.created_at.0 / 1_000,
            owned_by: "smart-balancer",
        }
    }
}

/// Lists the models, sorted by name.
pub(crate) async fn list(State(gateway): State<Arc<Gateway>>, headers: HeaderMap) -> Response<Body> {
    respond(&gateway, &headers, |visible| {
        let mut data: Vec<_> = visible.iter().map(|it| Model::new(it)).collect();
        data.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(Json(ModelList { object: "list", data }).into_response())
    })
}

/// Responds with one model, whose name may contain slashes.
pub(crate) async fn retrieve(
    State(gateway): State<Arc<Gateway>>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response<Body> {
    let tidy = id.trim_matches('/');
    if tidy.is_empty() {
        return list(State(gateway), headers).await;
    }
    respond(&gateway, &headers, |visible| {
        let named = |id: &str| visible.iter().find(|it| it.spec().serving_name.eq_ignore_ascii_case(id));
        // A name may end in a slash itself.
        let found = named(&id).or_else(|| named(tidy));
        let balancer = found.ok_or_else(|| CallError::model_not_found(&id))?;
        Ok(Json(Model::new(balancer)).into_response())
    })
}

/// Builds a response from the enabled balancers in the key's scope.
fn respond(
    gateway: &Gateway,
    headers: &HeaderMap,
    build: impl FnOnce(&[&Arc<CompiledBalancer>]) -> Result<Response<Body>, CallError>,
) -> Response<Body> {
    let mut recorder = Recorder::new(&gateway.shared.sink, None);
    let snapshot = gateway.snapshot.load();
    let response = authenticate(headers, &snapshot.keys).and_then(|permit| {
        let scope = &permit.key.record.scope;
        let is_visible =
            |it: &&Arc<CompiledBalancer>| it.spec().enabled && scope.opens(it.stored.id.as_str());
        let visible: Vec<_> = snapshot.balancers().filter(is_visible).collect();
        let response = build(&visible);
        drop(visible);
        recorder.set_permit(permit);
        response
    });
    match response {
        Ok(mut response) => {
            recorder.write_headers(response.headers_mut());
            recorder.finish(response.status().as_u16(), None);
            response
        }
        Err(error) => error_response(&error, recorder),
    }
}
