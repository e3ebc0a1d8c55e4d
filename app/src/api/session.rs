//! Signing in and out, the first admin, and what the frame of every page shows.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use super::Answer;

#[cfg(feature = "ssr")]
use super::{context, leave};

/// The session cookie.
pub const COOKIE: &str = "sb_session";
/// The server functions that answer somebody who is not signed in.
pub const OPEN_FUNCTIONS: [&str; 4] = ["/fn/sign_in", "/fn/read_sign_in", "/fn/set_up", "/fn/read_set_up"];

/// What the frame of every page shows of the one who is signed in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Frame {
    /// Their user name.
    pub name: String,
    /// Whether any instance is a demo one.
    pub demo: bool,
}

/// The frame's content; `None` where nobody is signed in.
#[server(prefix = "/fn", endpoint = "read_frame")]
pub(crate) async fn read_frame() -> Answer<Option<Frame>> {
    let Ok(who) = context::actor() else { return Ok(Ok(None)) };
    let demo = context::control()?.configuration().instances.iter().any(|it| it.spec.demo);
    Ok(Ok(Some(Frame { name: who.name, demo })))
}

/// Ends the session and goes to the sign-in page.
#[server(prefix = "/fn", endpoint = "sign_out")]
pub(crate) async fn sign_out() -> Answer<()> {
    leave::to("/sign-in")?;
    Ok(Ok(()))
}
