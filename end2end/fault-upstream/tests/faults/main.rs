//! Checks every documented fault with a raw client.

mod apis;
mod client;
mod connections;
mod control;
mod embeddings;
mod encoding;
mod endings;
mod error_events;
mod learning;
mod plain;
mod process;
mod reading;
mod refusals;
mod report;
mod router;
mod signs;
mod silence;
mod stored;
mod streams;
mod waits;
