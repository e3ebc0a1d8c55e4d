//! Posting forms and converting their fields to request bodies.

#[cfg(feature = "ssr")]
pub(crate) mod body;
pub(crate) mod post_form;
