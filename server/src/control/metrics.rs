//! `/metrics`, for Prometheus. Requires a token or a session, unless the operator opens it.

use std::sync::Arc;

use axum::{
    Router,
    extract::State,
    http::{HeaderMap, header},
    middleware::from_fn_with_state,
    response::IntoResponse,
    routing::get,
};

use super::identity::{Authenticator, guard_rest};
use crate::metrics::Metrics;

/// Content type of OpenMetrics, for clients that accept it.
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
/// Content type of the older text format, for all others.
const PLAIN: &str = "text/plain; version=0.0.4; charset=utf-8";

/// The route. Without an authenticator it is open.
pub fn router(metrics: Arc<Metrics>, authenticator: Option<Authenticator>) -> Router {
    let router = Router::new().route("/metrics", get(text)).with_state(metrics);
    match authenticator {
        Some(authenticator) => router.layer(from_fn_with_state(authenticator, guard_rest)),
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
