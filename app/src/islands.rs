//! What runs in the browser beyond what it does by itself: parts of pages that are woken there, each by itself. The
//! rest of a page is what the server sent. Without scripting none of this is there, and every page works.

mod controls;
pub(crate) mod drag;
pub(crate) mod feed;
pub(crate) mod follow_name;
pub(crate) mod frame;
mod morph;
pub(crate) mod packed;
pub(crate) mod redraw;
pub(crate) mod typing;
pub(crate) mod upload;
pub(crate) mod wake;
