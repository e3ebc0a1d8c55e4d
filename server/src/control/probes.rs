//! `/healthz` and `/readyz`: open to everybody, and silent about everything but whether the store answers.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use axum::{Router, extract::State, http::StatusCode, routing::get};

use crate::store::Store;

/// Whether this process wants traffic. It starts off, goes on once the configuration is loaded, and off for good
/// while draining. Nothing else counts.
#[derive(Clone, Debug, Default)]
pub struct Readiness(Arc<AtomicBool>);

impl Readiness {
    /// Sets it.
    pub fn set(&self, ready: bool) {
        self.0.store(ready, Ordering::Release);
    }

    /// Reads it.
    pub fn get(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

/// The two probes.
pub fn router(readiness: Readiness, store: Store) -> Router {
    Router::new()
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(ready))
        .with_state((readiness, store))
}

/// A store that is away does not make a server unready: it goes on serving the configuration that it has, and taking
/// every replica out of rotation at once would help nobody. It is only told.
async fn ready(State((readiness, store)): State<(Readiness, Store)>) -> (StatusCode, &'static str) {
    if !readiness.get() {
        return (StatusCode::SERVICE_UNAVAILABLE, "starting or draining\n");
    }
    match store.is_reachable().await {
        true => (StatusCode::OK, "ready\n"),
        false => (StatusCode::OK, "ready\nstore: away\n"),
    }
}
