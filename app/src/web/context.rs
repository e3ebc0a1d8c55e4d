//! What the server handed to this request: the ports, and who is asking.

use std::{
    net::IpAddr,
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use http::request::Parts;
use leptos::prelude::use_context;
use serde::de::DeserializeOwned;

use super::{flash::Flash, server_error::ServerError};
use crate::domain::timestamp::Timestamp;
use crate::{
    ports::{Actor, Caller, ControlPlane, Cookies, DataPlane, People, Recent, Sessions},
    refusal::{Refusal, Reply},
};

/// What can be done to the configuration.
pub(crate) fn control() -> Result<Arc<dyn ControlPlane>, ServerError> {
    use_context().ok_or(ServerError::Inside)
}

/// The data plane.
pub(crate) fn gateway() -> Result<Arc<dyn DataPlane>, ServerError> {
    use_context().ok_or(ServerError::Inside)
}

/// Signing in and out.
pub(crate) fn sessions() -> Result<Arc<dyn Sessions>, ServerError> {
    use_context().ok_or(ServerError::Inside)
}

/// Who may sign in.
pub(crate) fn people() -> Result<Arc<dyn People>, ServerError> {
    use_context().ok_or(ServerError::Inside)
}

/// What the last minutes were.
pub(crate) fn recent() -> Result<Arc<dyn Recent>, ServerError> {
    use_context().ok_or(ServerError::Inside)
}

/// Results that live through a redirect.
pub(crate) fn flash() -> Result<Flash, ServerError> {
    use_context().ok_or(ServerError::Inside)
}

/// Who is asking. The server's middleware puts them there for a valid session cookie; every server function that
/// changes something asks here itself, whatever stands before it.
pub(crate) fn actor() -> Reply<Actor> {
    use_context::<Parts>()
        .and_then(|parts| parts.extensions.get::<Actor>().cloned())
        .ok_or(Refusal::Unauthenticated)
}

/// Where the request comes from, where the server told.
pub(crate) fn caller() -> Option<IpAddr> {
    Some(sender()?.ip)
}

/// What session cookies may look like for this request: Secure as soon as the caller speaks HTTPS.
pub(crate) fn cookies() -> Result<Cookies, ServerError> {
    let is_https = sender().is_some_and(|it| it.is_https);
    Ok(if is_https { Cookies::Secure } else { control()?.site().cookies })
}

fn sender() -> Option<Caller> {
    use_context::<Parts>()?.extensions.get::<Caller>().copied()
}

/// The wall clock, for data that a page is drawn from: pages themselves read no clock.
pub(crate) fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// The flash message that an id of the address names, if it is this user's; a refresh shows it again for a while.
pub(crate) async fn flash_message<T: DeserializeOwned>(who: &Actor, id: &str) -> Option<T> {
    flash().ok()?.peek(&who.name, id).await
}
