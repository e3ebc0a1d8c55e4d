//! Domain and console of Smart Balancer: a server-rendered application with islands and actions.
//!
//! Arrows point downwards only: `pages` and `actions` → `islands` → `ui`, `web`, `ports` → `domain`. The browser's half
//! compiles `domain`, `ui`, `islands` and the actions that islands call; everything else is the server's.

// The type of a page nests as deep as its markup, and the compiler computes its layout in one go.
#![recursion_limit = "256"]

pub mod actions;
#[cfg(feature = "ssr")]
pub mod document;
pub mod domain;
pub mod islands;
#[cfg(feature = "ssr")]
pub mod pages;
#[cfg(feature = "ssr")]
pub mod ports;
pub mod refusal;
pub mod ui;
pub mod web;
