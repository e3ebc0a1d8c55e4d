//! What runs in the browser beyond what it does by itself. Islands listen and change what the server drew; they draw
//! nothing themselves. Without scripting none of this is there, and every page works.

mod controls;
mod copy;
pub(crate) mod drag;
pub(crate) mod feed;
pub(crate) mod fill_preset;
pub(crate) mod follow_name;
pub(crate) mod frame;
mod morph;
pub(crate) mod redraw;
pub(crate) mod streams;
pub(crate) mod typing;
pub(crate) mod upload;
#[cfg(feature = "ssr")]
pub(crate) mod wake;
