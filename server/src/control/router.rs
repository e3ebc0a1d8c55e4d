//! The router of the whole server: the routes of each part and the middleware that guards them.

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

use super::{
    assets, events,
    headers::add_security_headers,
    identity::{Authenticator, PageGuard, guard_browser, guard_rest, refuse_cross_site_reads},
    metrics,
    page_ports::PagePorts,
    pages,
    probes::{self, Readiness},
    rest::{self, RestState, error::RestError},
};
use crate::{
    gateway::{MisplacedCalls, catch_misplaced_calls},
    metrics::Metrics,
    operations::live::LiveFeed,
    store::Store,
};

/// The parts of the router.
pub struct RouterDeps {
    /// `/v1`, with its own authentication.
    pub data_plane: Router,
    /// Catches calls of the data plane at wrong addresses.
    pub misplaced_calls: MisplacedCalls,
    /// `/demo/v1`, with its inner key.
    pub demo: Router,
    /// State of the REST handlers.
    pub rest: RestState,
    /// Ports of the pages.
    pub pages: PagePorts,
    /// Source of `/events`.
    pub live: Arc<LiveFeed>,
    /// Authentication of sessions and tokens.
    pub identity: Authenticator,
    /// State of `/readyz`.
    pub readiness: Readiness,
    /// Checked by `/readyz`.
    pub store: Store,
    /// Source of `/metrics`.
    pub metrics: Arc<Metrics>,
    /// Whether `/metrics` needs no authentication.
    pub metrics_open: bool,
    /// The origin that browsers see, if it differs from the `Host` header, as behind a proxy.
    pub public_origin: Option<String>,
    /// Whether to send HSTS.
    pub https_only: bool,
}

/// Runs a request on the main runtime instead of its connection's worker: rendering a page takes
/// milliseconds, for which calls on that worker must not wait. A client that leaves cancels it.
async fn run_on_main_runtime(State(runtime): State<Handle>, request: Request, next: Next) -> Response {
    match AbortOnDropHandle::new(runtime.spawn(next.run(request))).await {
        Ok(response) => response,
        Err(ended) => match ended.try_into_panic() {
            // The listener logs it and responds.
            Ok(panic) => resume_unwind(panic),
            // The runtime is shutting down, and the connection with it.
            Err(_) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
        },
    }
}

/// Counts requests that were refused for their size.
async fn count_large_bodies(State(metrics): State<Arc<Metrics>>, response: Response) -> Response {
    if response.status() == StatusCode::PAYLOAD_TOO_LARGE {
        metrics.count_large_body();
    }
    response
}

/// Builds the router of the whole server. Pages and the control plane run on the runtime that this is called
/// on.
///
/// # Errors
/// If `public_origin` is not an origin that a browser could send.
pub fn router(deps: RouterDeps) -> Result<Router, ConfigError> {
    let mut cross_site = CsrfLayer::new()
        .with_rejection_response(|_: ProtectionError| RestError::cross_site().into_response());
    if let Some(origin) = &deps.public_origin {
        cross_site = cross_site.add_trusted_origin(origin)?;
    }
    let metrics_guard = (!deps.metrics_open).then(|| deps.identity.clone());
    let operations = deps.rest.operations.clone();
    let rest = rest::router(deps.rest)
        .layer(from_fn_with_state(deps.identity.clone(), guard_rest))
        .layer(cross_site.clone());
    let pages = pages::router(deps.pages);
    let guard = PageGuard { authenticator: deps.identity.clone(), pages: pages.clone(), operations };
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
        .layer(from_fn_with_state(deps.https_only, add_security_headers))
        .layer(from_fn_with_state(Handle::current(), run_on_main_runtime))
        .layer(from_fn_with_state(deps.misplaced_calls, catch_misplaced_calls));
    Ok(console.merge(deps.data_plane).merge(deps.demo))
}
