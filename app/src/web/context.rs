//! Request context: the ports and the current user.

use std::{net::IpAddr, sync::Arc, time::SystemTime};

use http::request::Parts;
use leptos::prelude::use_context;
use serde::de::DeserializeOwned;

use super::{flash::Flash, server_error::ServerError};
use crate::domain::timestamp::Timestamp;
use crate::{
    ports::{Actor, Caller, ControlPlane, Cookies, DataPlane, People, Recent, Sessions},
    refusal::{Refusal, Reply},
};

/// The operations on the configuration.
pub(crate) fn control() -> Result<Arc<dyn ControlPlane>, ServerError> {
    use_context().ok_or(ServerError::Internal)
}

/// The data plane.
pub(crate) fn gateway() -> Result<Arc<dyn DataPlane>, ServerError> {
    use_context().ok_or(ServerError::Internal)
}

/// Sign-in and sign-out.
pub(crate) fn sessions() -> Result<Arc<dyn Sessions>, ServerError> {
    use_context().ok_or(ServerError::Internal)
}

/// User management.
pub(crate) fn people() -> Result<Arc<dyn People>, ServerError> {
    use_context().ok_or(ServerError::Internal)
}

/// Calls of the last minutes.
pub(crate) fn recent() -> Result<Arc<dyn Recent>, ServerError> {
    use_context().ok_or(ServerError::Internal)
}

/// Flash messages.
pub(crate) fn flash() -> Result<Flash, ServerError> {
    use_context().ok_or(ServerError::Internal)
}

/// The current user, set by the server's middleware for a valid session cookie. Every server function that changes
/// something calls this itself, regardless of middleware.
pub(crate) fn actor() -> Reply<Actor> {
    use_context::<Parts>()
        .and_then(|parts| parts.extensions.get::<Actor>().cloned())
        .ok_or(Refusal::Unauthenticated)
}

/// The client address, if known.
pub(crate) fn caller() -> Option<IpAddr> {
    Some(sender()?.ip)
}

/// The session cookie attributes for this request: `Secure` if the client uses HTTPS.
pub(crate) fn cookies() -> Result<Cookies, ServerError> {
    let is_https = sender().is_some_and(|it| it.is_https);
    Ok(if is_https { Cookies::Secure } else { control()?.site().cookies })
}

fn sender() -> Option<Caller> {
    use_context::<Parts>()?.extensions.get::<Caller>().copied()
}

/// The wall clock, for page data. Views never read the clock.
pub(crate) fn now() -> Timestamp {
    Timestamp::of(SystemTime::now())
}

/// The flash message with this id, if it belongs to the user. A refresh shows it again until it expires.
pub(crate) async fn flash_message<T: DeserializeOwned>(who: &Actor, id: &str) -> Option<T> {
    flash().ok()?.peek(&who.name, id).await
}
