//! Puts the deps together: which address is guarded by what.

use std::{panic::resume_unwind, sync::Arc};

use axum::{
    Router,
    extract::{Request, State},
    http::StatusCode,
    middleware::{Next, from_fn, from_fn_with_state, map_response_with_state},
    response::{IntoResponse as _, Response},
};
use tokio::runtime::Handle;
use tokio_util::task::AbortOnDropHandle;
use tower_http::csrf::{ConfigError, CsrfLayer, ProtectionError};

use crate::{
    assets,
    control::{
        events,
        headers::secure,
        identity::{Doorkeeper, PageGuard, guard_browser, guard_rest, refuse_cross_site_reads},
        metrics,
        page_ports::PagePorts,
        pages,
        probes::{self, Readiness},
        rest::{self, RestState, error::RestError},
    },
    live::LiveFeed,
    metrics::Metrics,
    store::Store,
};

/// Everything that the router is made of.
pub struct RouterDeps {
    /// `/v1`, with its own authentication.
    pub data_plane: Router,
    /// `/demo/v1`, with its inner key.
    pub demo: Router,
    /// What REST works with.
    pub rest: RestState,
    /// What pages work with.
    pub pages: PagePorts,
    /// What open tabs are told.
    pub live: Arc<LiveFeed>,
    /// Who comes in.
    pub identity: Doorkeeper,
    /// For `/readyz`.
    pub readiness: Readiness,
    /// For `/readyz`.
    pub store: Store,
    /// What is measured.
    pub metrics: Arc<Metrics>,
    /// Whether everybody may read what is measured.
    pub metrics_open: bool,
    /// The origin that browsers see where it differs from the `Host` header, such as behind a proxy.
    pub public_origin: Option<String>,
    /// Whether browsers are to remember that this host speaks HTTPS alone.
    pub https_only: bool,
}

/// Serves a request on another runtime than that of its connection: drawing a page takes milliseconds, for which no call
/// on the same lane shall wait. A client that leaves ends it.
async fn run_on_main_runtime(State(runtime): State<Handle>, request: Request, next: Next) -> Response {
    match AbortOnDropHandle::new(runtime.spawn(next.run(request))).await {
        Ok(response) => response,
        Err(ended) => match ended.try_into_panic() {
            // The listener answers to it, and says so in the log.
            Ok(panic) => resume_unwind(panic),
            // The runtime is shutting down, and the connection with it.
            Err(_) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
        },
    }
}

/// Counts what was refused for its size.
async fn count_large_bodies(State(metrics): State<Arc<Metrics>>, response: Response) -> Response {
    if response.status() == StatusCode::PAYLOAD_TOO_LARGE {
        metrics.count_large_body();
    }
    response
}

/// The whole server; pages and the control plane are served on the runtime that this is called on.
///
/// # Errors
/// Where `public_origin` is not an origin that a browser could send.
pub fn router(deps: RouterDeps) -> Result<Router, ConfigError> {
    let mut cross_site = CsrfLayer::new()
        .with_rejection_response(|_: ProtectionError| RestError::cross_site().into_response());
    if let Some(origin) = &deps.public_origin {
        cross_site = cross_site.add_trusted_origin(origin)?;
    }
    let metrics_guard = (!deps.metrics_open).then(|| deps.identity.clone());
    let rest = rest::router(deps.rest)
        .layer(from_fn_with_state(deps.identity.clone(), guard_rest))
        .layer(cross_site.clone());
    let pages = pages::router(deps.pages);
    let guard = PageGuard { door: deps.identity.clone(), pages: pages.clone() };
    let browser = pages
        .merge(events::router(deps.live, deps.identity))
        .layer(from_fn_with_state(guard, guard_browser))
        .layer(from_fn(refuse_cross_site_reads))
        .layer(cross_site);
    let counted = Arc::clone(&deps.metrics);
    let console = Router::new()
        .merge(browser)
        .merge(rest)
        .merge(assets::router())
        .merge(probes::router(deps.readiness, deps.store))
        .merge(metrics::router(deps.metrics, metrics_guard))
        .layer(map_response_with_state(counted, count_large_bodies))
        .layer(from_fn_with_state(deps.https_only, secure))
        .layer(from_fn_with_state(Handle::current(), run_on_main_runtime));
    Ok(console.merge(deps.data_plane).merge(deps.demo))
}
