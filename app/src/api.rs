//! The two doors' shared floor plan: server functions for the browser, thin, and (on the server) the ports that
//! they call. Nothing here knows SQL or HTTP clients.
//!
//! Every server function has a fixed address under `/fn`, takes POST only and answers `Result<Reply<T>,
//! ServerError>`: what is expected is a value, refusals included; an error is for what is not.

pub mod session;
pub mod transfer;
pub mod typed_secret;

pub(crate) mod account;
pub(crate) mod balancers;
pub(crate) mod board;
pub(crate) mod evaluation;
pub(crate) mod history;
pub(crate) mod instances;
pub(crate) mod invitation;
pub(crate) mod keys;
pub(crate) mod offers;
pub(crate) mod people;
pub(crate) mod playground;
pub(crate) mod removal;
pub(crate) mod requests;
pub(crate) mod sheet;
pub(crate) mod target_groups;
pub(crate) mod traffic;
pub(crate) mod wizard;
