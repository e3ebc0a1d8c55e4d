//! `/metrics`, for Prometheus: behind a token or a session, unless the operator opens it.

use std::sync::Arc;

use axum::{
    Router,
    extract::State,
    http::{HeaderMap, header},
    middleware::from_fn_with_state,
    response::IntoResponse,
    routing::get,
};

use super::identity::{Doorkeeper, guard_rest};
use crate::metrics::Metrics;

/// What the text is, for who asks for it by this name.
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
/// What it is for everybody else: the older format, which all read.
const PLAIN: &str = "text/plain; version=0.0.4; charset=utf-8";

/// The one route. Without a doorkeeper everybody may read.
pub fn router(metrics: Arc<Metrics>, doorkeeper: Option<Doorkeeper>) -> Router {
    let router = Router::new().route("/metrics", get(text)).with_state(metrics);
    match doorkeeper {
        Some(door) => router.layer(from_fn_with_state(door, guard_rest)),
        None => router,
    }
}

async fn text(State(metrics): State<Arc<Metrics>>, headers: HeaderMap) -> impl IntoResponse {
    metrics.refresh().await;
    let accepted = headers.get(header::ACCEPT).and_then(|it| it.to_str().ok()).unwrap_or_default();
    let (kind, text) = match accepted.contains("application/openmetrics-text") {
        true => (OPEN_METRICS, metrics.openmetrics_text()),
        false => (PLAIN, metrics.plain_text()),
    };
    ([(header::CONTENT_TYPE, kind), (header::VARY, "accept")], text)
}
