//! HTTP of the control plane: pages and server functions for browsers, REST under `/api/v1`, events, static files,
//! probes and metrics.
//!
//! Handlers change nothing themselves; all changes are [`crate::operations`].

pub mod assets;
pub mod events;
pub mod headers;
pub mod identity;
mod markers;
pub mod metrics;
pub mod page_ports;
pub mod pages;
pub mod probes;
pub mod rest;
pub mod router;
pub mod upload;
