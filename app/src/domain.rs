//! The ground floor: what a balancer is, what may be saved, and how a call is routed.
//!
//! Pure types and functions, compiled for the server and for the browser. Nothing here does IO, waits, reads a
//! clock or rolls dice: time (`now`) and chance (`roll`) come in as arguments. It knows no leptos, axum or sqlx.

pub mod api_key;
pub mod balancer;
pub mod base_url;
pub mod body;
pub mod call;
pub mod classify;
pub mod configuration;
pub mod decision;
pub mod decode;
pub mod draft;
pub mod evaluation;
pub mod excerpt;
pub mod fault;
pub mod feed;
pub mod foreign;
pub mod health;
pub mod ids;
pub mod instance;
pub mod limits;
pub mod lint;
pub mod outcome;
pub mod paste;
pub mod person;
pub mod plan;
pub mod play;
pub mod range;
pub mod raw_json;
pub mod request_log;
pub mod retry_after;
pub mod revision;
pub mod role;
pub mod sample;
pub mod secret;
pub mod select;
pub mod sse;
pub mod target_group;
pub mod timestamp;
pub mod traffic;
pub mod transfer;
pub mod validate;
pub mod view;
pub mod words;
