//! Data of the console: drafts, evaluations, the request log, traffic, and the live feed.

pub mod balancer_draft;
pub mod call_totals;
pub mod check;
pub mod discovery;
pub mod draft;
pub mod evaluation;
pub mod feed;
pub mod histogram;
pub mod play;
pub mod recipes;
pub mod request_log;
pub mod sample;
pub mod spoken_apis;
pub mod traffic;
pub mod view;
