//! Who is asking: turns a session cookie or an admin token into an [`Actor`], and keeps everybody else out.
//!
//! What a role may do stands in [`app::web::access`], and operations check again what depends on the object.

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
use crate::gateway::{bearer, listener::Client};

/// What the guards need: sessions, and the hash of the admin token where one is set.
#[derive(Clone)]
pub struct Doorkeeper {
    sessions: Arc<dyn Sessions>,
    admin_token: Option<[u8; 32]>,
}

impl Doorkeeper {
    /// Guards that accept these sessions and the token with this SHA-256.
    pub fn new(sessions: Arc<dyn Sessions>, admin_token: Option<[u8; 32]>) -> Self {
        Self { sessions, admin_token }
    }

    /// Who a session cookie belongs to.
    pub(super) async fn by_session(&self, headers: &HeaderMap, ip: Option<IpAddr>) -> Reply<Actor> {
        let cookie = cookies::session(headers).ok_or(Refusal::Unauthenticated)?;
        self.sessions.actor(&cookie, ip).await
    }

    fn by_token(&self, token: &str, ip: Option<IpAddr>) -> Reply<Actor> {
        let sent: [u8; 32] = Sha256::digest(token).into();
        let known = self.admin_token.ok_or(Refusal::Unauthenticated)?;
        if !bool::from(sent.ct_eq(&known)) {
            return Err(Refusal::Unauthenticated);
        }
        Ok(Actor { name: "token".to_owned(), role: Role::Admin, ip })
    }
}

/// Guards REST: an admin token or a session, else 401 in the control plane's envelope; the role that the call takes,
/// else 403. A token that is sent counts alone.
pub async fn guard_rest(State(door): State<Doorkeeper>, mut request: Request, next: Next) -> Response {
    let ip = address(&request);
    let actor = match bearer::token(request.headers()) {
        Some(token) => door.by_token(token, ip),
        None => door.by_session(request.headers(), ip).await,
    };
    let path = request.uri().path();
    let takes = access::of_rest(request.method(), path.strip_prefix("/api/v1").unwrap_or(path));
    match actor {
        Ok(actor) if actor.role < takes => too_little(takes).into_response(),
        Ok(actor) => {
            request.extensions_mut().insert(actor);
            next.run(request).await
        }
        Err(refusal) => RestError::from(refusal).into_response(),
    }
}

/// What the guard of pages needs: who comes in, and the page for those who may not.
#[derive(Clone)]
pub struct PageGuard {
    /// Who comes in.
    pub door: Doorkeeper,
    /// The pages themselves.
    pub pages: Router,
}

/// Guards pages and server functions: a session, else the sign-in page for people and 401 for scripts; the role that the
/// address takes, else 403.
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
    match guard.door.by_session(request.headers(), ip).await {
        Ok(actor) if actor.role < takes => {
            if !wants_html(request.headers()) {
                return too_little(takes).into_response();
            }
            request.extensions_mut().insert(actor);
            not_allowed(guard.pages, request).await
        }
        Ok(actor) => {
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

/// Server functions take POST alone, and a page of another site may not even ask by another method: 403 where it does.
/// (What changes something is guarded for all methods by the layer around this one.)
pub async fn refuse_cross_site_reads(request: Request, next: Next) -> Response {
    let site = request.headers().get("sec-fetch-site").map(HeaderValue::as_bytes);
    let foreign = site.is_some_and(|it| it != b"same-origin" && it != b"none");
    if foreign && request.method().is_safe() && request.uri().path().starts_with("/fn/") {
        return RestError::cross_site().into_response();
    }
    next.run(request).await
}

fn too_little(takes: Role) -> RestError {
    Refusal::Forbidden(format!("This takes the role of {}.", takes.words())).into()
}

/// The page that says so, in the place of what was asked for, which is not done.
async fn not_allowed(pages: Router, asked: Request) -> Response {
    let (mut parts, _) = asked.into_parts();
    (parts.method, parts.uri) = (Method::GET, Uri::from_static("/forbidden"));
    for about_the_body in [header::CONTENT_LENGTH, header::CONTENT_TYPE, header::TRANSFER_ENCODING] {
        parts.headers.remove(about_the_body);
    }
    let Ok(mut page) = pages.oneshot(Request::from_parts(parts, Body::empty())).await;
    *page.status_mut() = StatusCode::FORBIDDEN;
    page
}

/// The sign-in page, with the way back to where the visitor wanted to go.
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
