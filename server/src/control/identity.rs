//! Who is asking: turns a session cookie or an admin token into an [`Actor`], and keeps everybody else out.
//!
//! It decides nothing about roles: operations do.

use std::{net::IpAddr, sync::Arc};

use app::api::{
    ports::{Actor, Role, Sessions},
    refusal::Refusal,
    session::COOKIE,
};
use app::domain::secret::Secret;
use axum::{
    extract::{Request, State},
    http::{HeaderMap, StatusCode, header},
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

    async fn by_session(&self, headers: &HeaderMap, ip: Option<IpAddr>) -> Result<Actor, Refusal> {
        let jar = CookieJar::from_headers(headers);
        let cookie = jar.get(COOKIE).ok_or(Refusal::Unauthenticated)?;
        self.sessions.actor(&Secret::new(cookie.value()), ip).await
    }

    fn by_token(&self, headers: &HeaderMap, ip: Option<IpAddr>) -> Option<Actor> {
        let sent = headers.get(header::AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ")?;
        let sent: [u8; 32] = Sha256::digest(sent.trim()).into();
        let known = self.admin_token?;
        bool::from(sent.ct_eq(&known)).then(|| Actor { name: "token".to_owned(), role: Role::Admin, ip })
    }
}

/// Pages that open without a session.
const OPEN_PAGES: [&str; 2] = ["/sign-in", "/setup"];
/// Server functions that work without a session: what the open pages read and send.
const OPEN_FUNCTIONS: [&str; 5] =
    ["/fn/read_frame", "/fn/read_sign_in", "/fn/read_set_up", "/fn/sign_in", "/fn/set_up"];

/// Guards REST: an admin token or a session, else 401 in the control plane's envelope.
pub async fn guard_rest(State(door): State<Doorkeeper>, mut request: Request, next: Next) -> Response {
    let ip = peer(&request);
    let actor = if request.headers().contains_key(header::AUTHORIZATION) {
        door.by_token(request.headers(), ip).ok_or(Refusal::Unauthenticated)
    } else {
        door.by_session(request.headers(), ip).await
    };
    match actor {
        Ok(actor) => {
            request.extensions_mut().insert(actor);
            next.run(request).await
        }
        Err(refusal) => RestError(refusal).into_response(),
    }
}

/// Guards pages and server functions: a session, else the sign-in page for people and 401 for scripts.
pub async fn guard_browser(State(door): State<Doorkeeper>, mut request: Request, next: Next) -> Response {
    let ip = peer(&request);
    let path = request.uri().path().to_owned();
    match door.by_session(request.headers(), ip).await {
        Ok(actor) => {
            request.extensions_mut().insert(actor);
            next.run(request).await
        }
        Err(_) if OPEN_PAGES.contains(&path.as_str()) || OPEN_FUNCTIONS.contains(&path.as_str()) => {
            next.run(request).await
        }
        Err(Refusal::Unauthenticated) if wants_html(request.headers()) => {
            Redirect::to(&sign_in_address(&request)).into_response()
        }
        Err(refusal) => RestError(refusal).into_response(),
    }
}

/// The sign-in page, with the way back to where the visitor wanted to go.
fn sign_in_address(request: &Request) -> String {
    let wanted = request.uri().path_and_query().map_or("/", |it| it.as_str());
    if request.method() != axum::http::Method::GET || wanted == "/" || wanted.starts_with("/fn/") {
        return "/sign-in".to_owned();
    }
    let next: String = url::form_urlencoded::byte_serialize(wanted.as_bytes()).collect();
    format!("/sign-in?next={next}")
}

fn wants_html(headers: &HeaderMap) -> bool {
    headers.get(header::ACCEPT).and_then(|it| it.to_str().ok()).is_some_and(|it| it.contains("text/html"))
}

fn peer(request: &Request) -> Option<IpAddr> {
    request.extensions().get::<PeerAddress>().map(|it| it.0.ip())
}

/// Answers 404 in the control plane's envelope, for addresses that no door has.
pub async fn no_such_address() -> Response {
    (StatusCode::NOT_FOUND, RestError(Refusal::Gone("There is nothing at this address.".to_owned())))
        .into_response()
}
