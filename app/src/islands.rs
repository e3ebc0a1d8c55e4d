//! What runs in the browser beyond what it does by itself: parts of pages that are woken there, each by itself. The
//! rest of a page is what the server sent. Without scripting none of this is there, and every page works.

pub(crate) mod checklist;
mod controls;
pub(crate) mod decision;
pub(crate) mod drag;
pub(crate) mod feed;
pub(crate) mod follow_name;
pub(crate) mod frame;
mod morph;
pub(crate) mod packed;
pub(crate) mod playground;
pub(crate) mod redraw;
pub(crate) mod refused;
pub(crate) mod router_prompt;
pub(crate) mod timings;
pub(crate) mod typing;
pub(crate) mod upload;
#[cfg(feature = "ssr")]
pub(crate) mod wake;
