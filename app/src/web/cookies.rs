//! The session cookie, as the browser sends it and as it is set. No other cookie is ever made.

use http::{HeaderValue, header, request::Parts};
use leptos::prelude::use_context;
use leptos_axum::ResponseOptions;

use super::{context, server_error::ServerError};
use crate::domain::secret::Secret;
use crate::ports::{Cookies, NewSession};

/// The name of the session cookie.
pub const COOKIE: &str = "sb_session";

/// The session cookie that came with the request.
pub(crate) fn sent() -> Option<Secret> {
    let parts = use_context::<Parts>()?;
    let pairs = parts.headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    pairs
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(name, _)| *name == COOKIE)
        .map(|(_, value)| Secret::new(value))
}

/// Lets the browser keep a session.
pub(crate) fn set(session: &NewSession) -> Result<(), ServerError> {
    write(session.token.reveal(), session.max_age_s)
}

/// Lets the browser forget the session.
pub(crate) fn clear() -> Result<(), ServerError> {
    write("", 0)
}

fn write(value: &str, max_age_s: u64) -> Result<(), ServerError> {
    let secure = match context::cookies()? {
        Cookies::Secure => "; Secure",
        Cookies::Plain | Cookies::Refused => "",
    };
    let cookie = format!("{COOKIE}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={max_age_s}{secure}");
    let cookie = HeaderValue::from_str(&cookie).map_err(|_| ServerError::Inside)?;
    use_context::<ResponseOptions>().ok_or(ServerError::Inside)?.append_header(header::SET_COOKIE, cookie);
    Ok(())
}
