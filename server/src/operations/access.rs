//! Access to the server: people, their passwords and sessions, and API keys of the data plane.

pub mod account;
pub mod api_keys;
pub mod passwords;
pub mod people;
pub mod sessions;
pub mod throttle;
pub mod tokens;
