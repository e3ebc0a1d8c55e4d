//! Checks every documented fault with a raw client.

mod client;
mod connections;
mod control;
mod embeddings;
mod encoding;
mod plain;
mod process;
mod reading;
mod report;
mod router;
mod silence;
mod streams;
