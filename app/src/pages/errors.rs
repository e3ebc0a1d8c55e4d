//! Pages for an address that leads nowhere, and for a role that does not suffice.

pub mod forbidden;
pub mod not_found;
