//! Holds every fault of the table against a raw socket: what it says is what a client sees.

mod client;
mod connections;
mod control;
mod embeddings;
mod plain;
mod process;
mod reading;
mod report;
mod router;
mod silence;
mod spelling;
mod streams;
