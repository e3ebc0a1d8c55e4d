//! Actions of the console: the `#[server]` functions that a browser calls, each thin. It parses, calls a port, and redirects
//! or answers.
//!
//! Each has a fixed address under `/fn`, takes POST only and answers `Result<Reply<T>, ServerError>`: a refusal is a
//! value, an error is unexpected. Pages are not read here: their loaders are beside them, without an endpoint.

pub mod transfer;

pub(crate) mod account;
pub(crate) mod delete;
pub(crate) mod drafts;
pub(crate) mod evaluation;
pub(crate) mod form;
pub(crate) mod instances;
pub(crate) mod keys;
pub(crate) mod people;
pub(crate) mod playground;
pub(crate) mod roll_back;
pub(crate) mod session;
pub(crate) mod smoke_test;
pub(crate) mod target_groups;
pub(crate) mod wizard;
