//! Domain and console of Smart Balancer: a server-rendered application with islands and actions.
//!
//! Arrows point downwards only: `pages` → `actions` → `fragments` → `islands` → `ui`, `web`, `ports` → `domain`. The
//! browser's half compiles `domain`, `islands` and the shared parts of `web`; everything else is the server's.

// The type of a page nests as deep as its markup, and the compiler computes its layout in one go.
#![recursion_limit = "256"]

#[cfg(feature = "ssr")]
pub mod actions;
#[cfg(feature = "ssr")]
pub mod document;
pub mod domain;
#[cfg(feature = "ssr")]
pub mod fragments;
pub mod islands;
#[cfg(feature = "ssr")]
pub mod pages;
#[cfg(feature = "ssr")]
pub mod ports;
#[cfg(feature = "ssr")]
pub mod refusal;
#[cfg(feature = "ssr")]
pub mod ui;
pub mod web;
