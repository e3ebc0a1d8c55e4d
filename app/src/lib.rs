//! Both halves of Smart Balancer meet here: the domain, the server functions and the pages.
//!
//! Arrows point downwards only: `pages` → `ui`, `api` → `domain`.

pub mod api;
pub mod domain;
