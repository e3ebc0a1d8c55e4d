//! Objects that people configure: what each holds, how it is read and validated, its revisions, import and export.

pub mod api_key;
pub mod balancer;
pub mod base_url;
pub mod configuration;
pub mod decode;
pub mod foreign;
pub mod instance;
pub mod lint;
pub mod object;
pub mod paste;
pub mod revision;
pub mod target_group;
pub mod transfer;
pub mod validate;
pub mod words;
