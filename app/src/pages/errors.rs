//! Error pages: not found and forbidden.

pub mod forbidden;
pub mod not_found;
