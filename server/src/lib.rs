//! The server: the data plane, the control plane, and the store beneath them.

pub mod seal;
pub mod store;
