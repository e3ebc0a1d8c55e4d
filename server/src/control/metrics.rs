//! `/metrics`, for Prometheus: behind a token or a session, unless the operator opens it.

use std::sync::Arc;

use axum::{
    Router, extract::State, http::header::CONTENT_TYPE, middleware::from_fn_with_state, routing::get,
};

use super::identity::{Doorkeeper, guard_rest};
use crate::metrics::{self, Metrics};

/// The one route. Without a doorkeeper everybody may read.
pub fn router(metrics: Arc<Metrics>, doorkeeper: Option<Doorkeeper>) -> Router {
    let text =
        async |State(metrics): State<Arc<Metrics>>| ([(CONTENT_TYPE, metrics::CONTENT_TYPE)], metrics.text());
    let router = Router::new().route("/metrics", get(text)).with_state(metrics);
    match doorkeeper {
        Some(door) => router.layer(from_fn_with_state(door, guard_rest)),
        None => router,
    }
}
