//! Authentication: turns a session cookie or the admin token into an [`Actor`], and refuses everyone else.
//!
//! [`app::web::access`] says what each role may do; operations check again what depends on the object.

use std::{net::IpAddr, sync::Arc};

use app::{
    ports::{Actor, Caller, Role, Sessions},
    refusal::{Refusal, Reply},
    web::{access, cookies},
};
use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header},
    middleware::Next,
    response::{IntoResponse, Redirect, Response},
};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use tower::ServiceExt as _;

use super::rest::error::RestError;
use crate::{
    gateway::{bearer, listener::Client},
    operations::Operations,
};

/// Authenticates requests by session or by the admin token's hash, if one is set.
#[derive(Clone)]
pub struct Authenticator {
    sessions: Arc<dyn Sessions>,
    admin_token: Option<[u8; 32]>,
}

impl Authenticator {
    /// Accepts these sessions, and the token with this SHA-256.
    pub fn new(sessions: Arc<dyn Sessions>, admin_token: Option<[u8; 32]>) -> Self {
        Self { sessions, admin_token }
    }

    /// The actor of a session cookie.
    pub(super) async fn authenticate_session(&self, headers: &HeaderMap, ip: Option<IpAddr>) -> Reply<Actor> {
        let cookie = cookies::session(headers).ok_or(Refusal::Unauthenticated)?;
        self.sessions.actor(&cookie, ip).await
    }

    fn authenticate_token(&self, token: &str, ip: Option<IpAddr>) -> Reply<Actor> {
        let sent: [u8; 32] = Sha256::digest(token).into();
        let known = self.admin_token.ok_or(Refusal::Unauthenticated)?;
        if !bool::from(sent.ct_eq(&known)) {
            return Err(Refusal::Unauthenticated);
        }
        Ok(Actor { name: "token".to_owned(), role: Role::Admin, ip })
    }
}

/// Guards REST: requires an admin token or a session (401), and the role for the call (403). If a token is sent, only
/// the token counts.
pub async fn guard_rest(
    State(authenticator): State<Authenticator>,
    mut request: Request,
    next: Next,
) -> Response {
    let ip = address(&request);
    let actor = match bearer::token(request.headers()) {
        Some(token) => authenticator.authenticate_token(token, ip),
        None => authenticator.authenticate_session(request.headers(), ip).await,
    };
    let path = request.uri().path();
    let takes = access::of_rest(request.method(), path.strip_prefix("/api/v1").unwrap_or(path));
    match actor {
        Ok(actor) if actor.role < takes => insufficient_role(takes).into_response(),
        Ok(actor) => {
            request.extensions_mut().insert(actor);
            next.run(request).await
        }
        Err(refusal) => RestError::from(refusal).into_response(),
    }
}

/// State of the guard of pages.
#[derive(Clone)]
pub struct PageGuard {
    /// Authenticates the request.
    pub authenticator: Authenticator,
    /// The pages, which include the one for insufficient roles.
    pub pages: Router,
    /// Brings the configuration up to date before it is shown.
    pub operations: Operations,
}

/// Guards pages and server functions: redirects people without a session to the sign-in page, answers scripts with 401,
/// and requires the role for the address (403).
pub async fn guard_browser(State(guard): State<PageGuard>, mut request: Request, next: Next) -> Response {
    let ip = address(&request);
    if let Some(Client { ip, is_https }) = request.extensions().get().copied() {
        request.extensions_mut().insert(Caller { ip, is_https });
    }
    let path = request.uri().path();
    let open = access::is_open(path);
    let takes = match path.strip_prefix("/fn/") {
        Some(name) if !open => access::of_function(name),
        _ => access::of_page(path),
    };
    match guard.authenticator.authenticate_session(request.headers(), ip).await {
        Ok(actor) if actor.role < takes => {
            if !wants_html(request.headers()) {
                return insufficient_role(takes).into_response();
            }
            request.extensions_mut().insert(actor);
            forbidden_page(guard.pages, request).await
        }
        Ok(actor) => {
            // The page after a form may come from another replica than the one that took the form.
            if let Err(refusal) = guard.operations.catch_up().await {
                tracing::debug!(%refusal, "a page may be older than the store");
            }
            request.extensions_mut().insert(actor);
            next.run(request).await
        }
        Err(_) if open => next.run(request).await,
        Err(Refusal::Unauthenticated) if wants_html(request.headers()) => {
            Redirect::to(&sign_in_address(&request)).into_response()
        }
        Err(refusal) => RestError::from(refusal).into_response(),
    }
}

/// Refuses cross-site requests to server functions by safe methods with 403. (The layer around this one refuses those
/// by other methods.)
pub async fn refuse_cross_site_reads(request: Request, next: Next) -> Response {
    let site = request.headers().get("sec-fetch-site").map(HeaderValue::as_bytes);
    let foreign = site.is_some_and(|it| it != b"same-origin" && it != b"none");
    if foreign && request.method().is_safe() && request.uri().path().starts_with("/fn/") {
        return RestError::cross_site().into_response();
    }
    next.run(request).await
}

fn insufficient_role(takes: Role) -> RestError {
    Refusal::Forbidden(format!("This requires the role of {}.", takes.words())).into()
}

/// The page that explains the refusal, in the place of the requested one.
async fn forbidden_page(pages: Router, asked: Request) -> Response {
    let (mut parts, _) = asked.into_parts();
    (parts.method, parts.uri) = (Method::GET, Uri::from_static("/forbidden"));
    for about_the_body in [header::CONTENT_LENGTH, header::CONTENT_TYPE, header::TRANSFER_ENCODING] {
        parts.headers.remove(about_the_body);
    }
    let Ok(mut page) = pages.oneshot(Request::from_parts(parts, Body::empty())).await;
    *page.status_mut() = StatusCode::FORBIDDEN;
    page
}

/// The address of the sign-in page, with the way back.
fn sign_in_address(request: &Request) -> String {
    let wanted = request.uri().path_and_query().map_or("/", |it| it.as_str());
    if request.method() != Method::GET || wanted == "/" || wanted.starts_with("/fn/") {
        return "/sign-in".to_owned();
    }
    let next: String = url::form_urlencoded::byte_serialize(wanted.as_bytes()).collect();
    format!("/sign-in?next={next}")
}

fn wants_html(headers: &HeaderMap) -> bool {
    headers.get(header::ACCEPT).and_then(|it| it.to_str().ok()).is_some_and(|it| it.contains("text/html"))
}

fn address(request: &Request) -> Option<IpAddr> {
    request.extensions().get::<Client>().map(|it| it.ip)
}
