//! Data of the frame of every page.

use crate::web::{action_error::ActionError, context};

/// Data of the frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FrameFacts {
    /// User name.
    pub(crate) name: String,
    /// Whether there is any demo instance.
    pub(crate) demo: bool,
}

/// The frame's data; `None` without a session.
pub(crate) async fn frame() -> Result<Option<FrameFacts>, ActionError> {
    let Ok(who) = context::actor() else { return Ok(None) };
    let demo = context::control()?.configuration().instances.iter().any(|it| it.spec.demo);
    Ok(Some(FrameFacts { name: who.name, demo }))
}
