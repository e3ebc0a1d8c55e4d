//! Configured objects: their fields, decoding, validation, revisions, import and export.

pub mod api_key;
pub mod balancer;
pub mod base_url;
pub mod configuration;
pub mod decode;
pub mod import_format;
pub mod instance;
pub mod lint;
pub mod object;
pub mod paste;
pub mod revision;
pub mod target_group;
pub mod transfer;
pub mod validate;
pub mod words;

pub use instance::{connection, secrets};
