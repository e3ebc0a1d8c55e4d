//! Answers at addresses that are not exactly those of an API: forgives slashes, lists the paths at `/v1`, and tells
//! misplaced calls the right base URL.

use std::sync::Arc;

use app::domain::api::Api;
use axum::{
    Json, Router,
    body::Body,
    extract::{Request, State},
    http::{Extensions, HeaderValue, Response, Uri, header, uri::Authority},
    middleware::{Next, from_fn_with_state},
    response::IntoResponse as _,
    routing::{any, get},
};
use serde::Serialize;
use tower::ServiceExt as _;
use tower_http::catch_panic::CatchPanicLayer;

use super::{
    Gateway,
    call::{
        self, admit::authenticate::authenticate, error::CallError, header_names::REQUEST_ID,
        headers::is_websocket, record::Recorder,
    },
    cors::{self, CorsOrigins},
    listener::{Client, Connection},
    panic_response, paths,
    state::clock,
};

/// Longest host that is repeated in a sentence, in bytes.
const MAX_HOST_BYTES: usize = 255;

/// The routes of `/v1`, made from those of the APIs.
pub(super) fn complete(gateway: &Arc<Gateway>, apis: Router<Arc<Gateway>>) -> Router {
    let method_not_allowed = async |State(gateway): State<Arc<Gateway>>, request: Request| {
        gateway.refuse(&request, CallError::method_not_allowed())
    };
    let unknown_url = async |State(gateway): State<Arc<Gateway>>, request: Request| {
        gateway.refuse(&request, CallError::unknown_url())
    };
    let known = apis.route(paths::ROOT, get(list_paths).fallback(method_not_allowed));
    let tolerant = known.clone().fallback(unknown_url).with_state(Arc::clone(gateway));
    let forgive = move |State(gateway): State<Arc<Gateway>>, request: Request| {
        let tolerant = tolerant.clone();
        async move {
            match paths::tidied(request.uri().path()) {
                Some(path) => serve_at(&path, tolerant, request).await,
                None => gateway.refuse(&request, CallError::unknown_url()),
            }
        }
    };
    let router = known
        .route("/v1/", any(forgive.clone()))
        .route("/v1/{*rest}", any(forgive))
        .layer(CatchPanicLayer::custom(panic_response))
        .with_state(Arc::clone(gateway));
    match &gateway.settings.cors_origins {
        CorsOrigins::None => router,
        origins => router.layer(from_fn_with_state(origins.clone(), cors::allow)),
    }
}

/// Serves a request as if it had another path.
async fn serve_at(path: &str, router: Router, request: Request) -> Response<Body> {
    let (mut parts, body) = request.into_parts();
    let query = parts.uri.query().map(|it| format!("?{it}")).unwrap_or_default();
    let Ok(uri) = format!("{path}{query}").parse::<Uri>() else {
        return CallError::unknown_url().standalone_response(Api::default(), &clock::new_request_id());
    };
    parts.uri = uri;
    // Without the path parameters of the route that led here, which would count as those of the next one.
    let mut extensions = Extensions::new();
    if let Some(client) = parts.extensions.remove::<Client>() {
        extensions.insert(client);
    }
    if let Some(connection) = parts.extensions.remove::<Connection>() {
        extensions.insert(connection);
    }
    parts.extensions = extensions;
    let Ok(response) = router.oneshot(Request::from_parts(parts, body)).await;
    response
}

/// The body of `GET /v1`.
#[derive(Serialize)]
struct PathList {
    /// Absent if the request does not tell the host.
    #[serde(skip_serializing_if = "Option::is_none")]
    base_url: Option<String>,
    paths: Vec<String>,
}

/// Lists the paths of the APIs. Needs no key.
async fn list_paths(State(gateway): State<Arc<Gateway>>, request: Request) -> Response<Body> {
    let paths = paths::all().map(|it| format!("{}/{it}", paths::ROOT)).collect();
    let base_url = gateway.origin(&request).map(|it| format!("{it}{}", paths::ROOT));
    let mut response = Json(PathList { base_url, paths }).into_response();
    if let Ok(id) = HeaderValue::from_str(clock::new_request_id().as_str()) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    response
}

/// Serves calls that miss `/v1`: forgives slashes, and refuses those to the path of an API below something else. A
/// layer around the rest of the server, which would ask them for a session.
pub async fn catch_misplaced_calls(
    State(MisplacedCalls { gateway, data_plane }): State<MisplacedCalls>,
    request: Request,
    next: Next,
) -> Response<Body> {
    let path = request.uri().path();
    if let Some(path) = paths::tidied(path).filter(|it| paths::is_data_plane(it)) {
        return serve_at(&path, data_plane, request).await;
    }
    match paths::misplaced(path) {
        Some(_) => gateway.refuse(&request, CallError::unknown_url()),
        None => next.run(request).await,
    }
}

/// State of [`catch_misplaced_calls`].
#[derive(Clone, Debug)]
pub struct MisplacedCalls {
    gateway: Arc<Gateway>,
    data_plane: Router,
}

impl Gateway {
    /// State for catching calls that miss the routes of `data_plane`.
    pub fn misplaced_calls(gateway: &Arc<Self>, data_plane: Router) -> MisplacedCalls {
        MisplacedCalls { gateway: Arc::clone(gateway), data_plane }
    }

    /// Responds with `error`, or with 401 if the request has no valid API key, so a stranger learns nothing more.
    /// Misplaced calls and preflights need no key: people would look for the reason in the key, and browsers send
    /// none.
    pub(super) fn refuse(&self, request: &Request, error: CallError) -> Response<Body> {
        let mut recorder = Recorder::new(&self.shared.sink, paths::endpoint_at(request.uri().path()));
        if let Some(api) = paths::misplaced(request.uri().path()) {
            let error = CallError::misplaced(self.origin(request).as_deref(), api);
            return call::respond::error_response(&error, recorder);
        }
        if cors::is_preflight(request) {
            let mut response = call::respond::error_response(&CallError::cors_is_off(), recorder);
            response.headers_mut().insert(header::ALLOW, cors::METHODS);
            return response;
        }
        let snapshot = self.snapshot.load();
        let error = match authenticate(request.headers(), &snapshot.keys) {
            Ok(permit) => {
                recorder.set_permit(permit);
                let is_api = error.code == CallError::METHOD_NOT_ALLOWED;
                if is_api && is_websocket(request.headers()) { CallError::websocket() } else { error }
            }
            Err(unauthenticated) => unauthenticated,
        };
        call::respond::error_response(&error, recorder)
    }

    /// The origin by which clients reach this server: the public URL, else the scheme and host of the request.
    fn origin(&self, request: &Request) -> Option<String> {
        if let Some(origin) = &self.settings.public_origin {
            return Some(origin.clone());
        }
        let host = request.headers().get(header::HOST).and_then(|it| it.to_str().ok());
        let host = host.or_else(|| request.uri().authority().map(Authority::as_str))?;
        let is_host =
            host.len() <= MAX_HOST_BYTES && !host.contains('@') && host.parse::<Authority>().is_ok();
        let is_https = request.extensions().get::<Client>().is_some_and(|it| it.is_https);
        is_host.then(|| format!("{}://{host}", if is_https { "https" } else { "http" }))
    }
}
