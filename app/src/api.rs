//! The two doors' shared floor plan: server functions for the browser, thin, and (on the server) the ports that
//! they call. Nothing here knows SQL or HTTP clients.
//!
//! Every server function has a fixed address under `/fn`, takes POST only and answers `Result<Reply<T>,
//! ServerError>`: what is expected is a value, refusals included; an error is for what is not.

#[cfg(feature = "ssr")]
pub mod access;
#[cfg(feature = "ssr")]
pub mod cookie;
#[cfg(feature = "ssr")]
pub mod flash;
pub mod note;
#[cfg(feature = "ssr")]
pub mod ports;
pub mod refusal;
pub mod server_error;
pub mod session;
pub mod transfer;
pub mod typed_secret;

pub(crate) mod account;
pub(crate) mod addresses;
pub(crate) mod balancers;
pub(crate) mod board;
pub(crate) mod evaluation;
pub(crate) mod history;
pub(crate) mod instances;
pub(crate) mod invitation;
pub(crate) mod keys;
pub(crate) mod look;
pub(crate) mod offers;
pub(crate) mod people;
pub(crate) mod permissions;
pub(crate) mod playground;
pub(crate) mod removal;
pub(crate) mod requests;
pub(crate) mod sheet;
pub(crate) mod signed_out;
pub(crate) mod target_groups;
pub(crate) mod traffic;
pub(crate) mod wizard;

#[cfg(feature = "ssr")]
pub(crate) mod context;
#[cfg(feature = "ssr")]
pub(crate) mod ending;
#[cfg(feature = "ssr")]
pub(crate) mod form_body;
#[cfg(feature = "ssr")]
pub(crate) mod late;
#[cfg(feature = "ssr")]
pub(crate) mod leave;

use refusal::Reply;
use server_error::ServerError;

/// What a server function answers with: the unexpected outside, the expected inside.
pub(crate) type Answer<T> = Result<Reply<T>, ServerError>;
