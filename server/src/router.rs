//! Puts the doors together: which address is guarded by what.

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
    live::Live,
    metrics::Metrics,
    store::Store,
};

/// Everything that the router is made of.
pub struct Doors {
    /// `/v1`, with its own authentication.
    pub data_plane: Router,
    /// `/demo/v1`, with its inner key.
    pub demo: Router,
    /// What REST works with.
    pub rest: RestState,
    /// What pages work with.
    pub pages: PagePorts,
    /// What open tabs are told.
    pub live: Arc<Live>,
    /// Who comes in.
    pub doorkeeper: Doorkeeper,
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
    pub only_https: bool,
}

/// Serves a request on another runtime than that of its connection: drawing a page takes milliseconds, for which no call
/// on the same lane shall wait. A client that leaves ends it.
async fn aside(State(runtime): State<Handle>, request: Request, next: Next) -> Response {
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
        metrics.note_large_body();
    }
    response
}

/// The whole server; pages and the control plane are served on the runtime that this is called on.
///
/// # Errors
/// Where `public_origin` is not an origin that a browser could send.
pub fn router(doors: Doors) -> Result<Router, ConfigError> {
    let mut cross_site = CsrfLayer::new()
        .with_rejection_response(|_: ProtectionError| RestError::cross_site().into_response());
    if let Some(origin) = &doors.public_origin {
        cross_site = cross_site.add_trusted_origin(origin)?;
    }
    let may_read = (!doors.metrics_open).then(|| doors.doorkeeper.clone());
    let rest = rest::router(doors.rest)
        .layer(from_fn_with_state(doors.doorkeeper.clone(), guard_rest))
        .layer(cross_site.clone());
    let pages = pages::router(doors.pages);
    let guard = PageGuard { door: doors.doorkeeper.clone(), pages: pages.clone() };
    let browser = pages
        .merge(events::router(doors.live, doors.doorkeeper))
        .layer(from_fn_with_state(guard, guard_browser))
        .layer(from_fn(refuse_cross_site_reads))
        .layer(cross_site);
    let counted = Arc::clone(&doors.metrics);
    let console = Router::new()
        .merge(browser)
        .merge(rest)
        .merge(assets::router())
        .merge(probes::router(doors.readiness, doors.store))
        .merge(metrics::router(doors.metrics, may_read))
        .layer(map_response_with_state(counted, count_large_bodies))
        .layer(from_fn_with_state(doors.only_https, secure))
        .layer(from_fn_with_state(Handle::current(), aside));
    Ok(console.merge(doors.data_plane).merge(doors.demo))
}
