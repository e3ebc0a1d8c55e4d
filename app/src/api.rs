//! The two doors' shared floor plan: server functions for the browser, thin, and (on the server) the ports that
//! they call. Nothing here knows SQL or HTTP clients.

pub mod refusal;

#[cfg(feature = "ssr")]
pub mod flash;
#[cfg(feature = "ssr")]
pub mod ports;
