//! Who is asking: turns a session cookie or an admin token into an [`Actor`], and keeps everybody else out.
//!
//! It decides nothing about roles: operations do.

use std::{net::IpAddr, sync::Arc};

use app::{
    api::{
        ports::{Actor, Caller, Role, Sessions},
        refusal::{Refusal, Reply},
        session::{COOKIE, OPEN_FUNCTIONS},
    },
    domain::secret::Secret,
};
use axum::{
    extract::{Request, State},
    http::{HeaderMap, Method, header},
    middleware::Next,
    response::{IntoResponse, Redirect, Response},
};
use axum_extra::extract::CookieJar;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::rest::error::RestError;
use crate::gateway::accept::PeerAddress;

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
        let jar = CookieJar::from_headers(headers);
        let cookie = jar.get(COOKIE).ok_or(Refusal::Unauthenticated)?;
        self.sessions.actor(&Secret::new(cookie.value()), ip).await
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

/// Pages that open without a session.
const OPEN_PAGES: [&str; 2] = ["/sign-in", "/setup"];

/// Guards REST: an admin token or a session, else 401 in the control plane's envelope. A token that is sent counts
/// alone.
pub async fn guard_rest(State(door): State<Doorkeeper>, mut request: Request, next: Next) -> Response {
    let ip = peer(&request);
    let actor = match bearer(request.headers()) {
        Some(token) => door.by_token(token, ip),
        None => door.by_session(request.headers(), ip).await,
    };
    match actor {
        Ok(actor) => {
            request.extensions_mut().insert(actor);
            next.run(request).await
        }
        Err(refusal) => RestError::from(refusal).into_response(),
    }
}

/// Guards pages and server functions: a session, else the sign-in page for people and 401 for scripts.
pub async fn guard_browser(State(door): State<Doorkeeper>, mut request: Request, next: Next) -> Response {
    let ip = peer(&request);
    if let Some(ip) = ip {
        request.extensions_mut().insert(Caller(ip));
    }
    match door.by_session(request.headers(), ip).await {
        Ok(actor) => {
            request.extensions_mut().insert(actor);
            next.run(request).await
        }
        Err(_) if is_open(request.uri().path()) => next.run(request).await,
        Err(Refusal::Unauthenticated) if wants_html(request.headers()) => {
            Redirect::to(&sign_in_address(&request)).into_response()
        }
        Err(refusal) => RestError::from(refusal).into_response(),
    }
}

fn is_open(path: &str) -> bool {
    OPEN_PAGES.contains(&path) || OPEN_FUNCTIONS.contains(&path)
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

/// The token of an `Authorization` header; its scheme has no case (RFC 9110, 11.1).
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("Bearer").then(|| token.trim())
}

fn wants_html(headers: &HeaderMap) -> bool {
    headers.get(header::ACCEPT).and_then(|it| it.to_str().ok()).is_some_and(|it| it.contains("text/html"))
}

fn peer(request: &Request) -> Option<IpAddr> {
    request.extensions().get::<PeerAddress>().map(|it| it.0.ip())
}
