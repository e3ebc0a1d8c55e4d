//! `/healthz` and `/readyz`: open to everyone. They show nothing but whether the store is reachable.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use axum::{Router, extract::State, http::StatusCode, routing::get};

use crate::store::Store;

/// Whether this process accepts traffic: from the moment that the configuration is loaded until draining begins.
/// Nothing else counts.
#[derive(Clone, Debug, Default)]
pub struct Readiness(Arc<AtomicBool>);

impl Readiness {
    /// Sets the state.
    pub fn set(&self, ready: bool) {
        self.0.store(ready, Ordering::Release);
    }

    /// The state.
    pub fn get(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

/// The routes of both probes.
pub fn router(readiness: Readiness, store: Store) -> Router {
    Router::new()
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(ready))
        .with_state((readiness, store))
}

/// An unavailable store does not make the server unready: it keeps serving its configuration, and removing every
/// replica from rotation would help nobody. It is only reported.
async fn ready(State((readiness, store)): State<(Readiness, Store)>) -> (StatusCode, &'static str) {
    if !readiness.get() {
        return (StatusCode::SERVICE_UNAVAILABLE, "starting or draining\n");
    }
    match store.is_reachable().await {
        true => (StatusCode::OK, "ready\n"),
        false => (StatusCode::OK, "ready\nstore: away\n"),
    }
}
