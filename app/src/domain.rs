//! The ground floor: what a balancer is, what may be saved, and how a call is routed.
//!
//! Pure types and functions, compiled for the server and for the browser. Nothing here does IO, waits, reads a
//! clock or rolls dice: time (`now`) and chance (`roll`) come in as arguments. It knows no leptos, axum or sqlx.

pub mod api;
pub mod config;
pub mod console;
pub mod excerpt;
pub mod field_error;
pub mod ids;
pub mod limits;
pub mod person;
pub mod range;
pub mod role;
pub mod routing;
pub mod secret;
pub mod stable_hash;
pub mod timestamp;
pub mod wire;

pub use config::balancer::confidence;
