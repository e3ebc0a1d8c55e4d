//! Data of the frame around every page.

use crate::web::{action_error::ActionError, context};

/// What the frame of every page shows of the one who is signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FrameFacts {
    /// Their user name.
    pub(crate) name: String,
    /// Whether any instance is a demo one.
    pub(crate) demo: bool,
}

/// The frame's content; `None` if nobody is signed in.
pub(crate) async fn frame() -> Result<Option<FrameFacts>, ActionError> {
    let Ok(who) = context::actor() else { return Ok(None) };
    let demo = context::control()?.configuration().instances.iter().any(|it| it.spec.demo);
    Ok(Some(FrameFacts { name: who.name, demo }))
}
