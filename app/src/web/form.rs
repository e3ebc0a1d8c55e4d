//! Posting forms and converting their fields to request bodies.

pub(crate) mod body;
pub(crate) mod post_form;
pub(crate) mod refused;
