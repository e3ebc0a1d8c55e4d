//! The control plane's doors: pages and server functions for the browser, REST under `/api/v1`, probes, metrics.
//!
//! Nothing here changes the configuration itself: every door leads to [`crate::operations`].

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
