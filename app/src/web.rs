//! Shared helpers of pages and actions: the current user, redirects, flash messages, cookies, page parameters, form
//! bodies, and the roles that routes require.

#[cfg(feature = "ssr")]
pub mod access;
#[cfg(feature = "ssr")]
pub mod cookies;
#[cfg(feature = "ssr")]
pub mod flash;
pub mod server_error;

#[cfg(feature = "ssr")]
pub(crate) mod action_error;
#[cfg(feature = "ssr")]
pub(crate) mod addresses;
#[cfg(feature = "ssr")]
pub(crate) mod context;
#[cfg(feature = "ssr")]
pub(crate) mod form;
pub(crate) mod frame;
#[cfg(feature = "ssr")]
pub(crate) mod page_params;
#[cfg(feature = "ssr")]
pub(crate) mod permissions;
#[cfg(feature = "ssr")]
pub(crate) mod redirect;
#[cfg(feature = "ssr")]
pub(crate) mod retry_after;
#[cfg(feature = "ssr")]
pub(crate) mod signed_out;
pub(crate) mod step_address;

/// Result of a server function: a refusal is a value, an error is unexpected.
#[cfg(feature = "ssr")]
pub(crate) type Answer<T> = Result<crate::refusal::Reply<T>, server_error::ServerError>;
