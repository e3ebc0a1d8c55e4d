//! Configured objects: their fields, decoding, validation, revisions, import and export.

pub mod api_key;
pub mod balancer;
pub mod base_url;
pub mod configuration;
pub mod connection;
pub mod decode;
pub mod import_format;
pub mod instance;
pub mod lint;
pub mod object;
pub mod paste;
pub mod presets;
pub mod revision;
pub mod secrets;
pub mod target_group;
pub mod transfer;
pub mod validate;
pub mod words;
