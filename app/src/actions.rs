//! Actions of the console: the `#[server]` functions that a browser calls, each thin. It parses, calls a port, and redirects
//! or answers.
//!
//! Each has a fixed address under `/fn`, takes POST only and answers `Result<Reply<T>, ServerError>`: a refusal is a
//! value, an error is unexpected. Pages are not read here: their loaders are beside them, without an endpoint.

pub(crate) mod playground;
pub(crate) mod wizard;

#[cfg(feature = "ssr")]
pub(crate) mod account;
#[cfg(feature = "ssr")]
pub(crate) mod delete;
#[cfg(feature = "ssr")]
pub(crate) mod drafts;
#[cfg(feature = "ssr")]
pub(crate) mod evaluation;
#[cfg(feature = "ssr")]
pub(crate) mod form;
#[cfg(feature = "ssr")]
pub(crate) mod instances;
#[cfg(feature = "ssr")]
pub(crate) mod keys;
#[cfg(feature = "ssr")]
pub(crate) mod people;
#[cfg(feature = "ssr")]
pub(crate) mod roll_back;
#[cfg(feature = "ssr")]
pub(crate) mod session;
#[cfg(feature = "ssr")]
pub(crate) mod smoke_test;
#[cfg(feature = "ssr")]
pub(crate) mod target_groups;
#[cfg(feature = "ssr")]
pub mod transfer;
