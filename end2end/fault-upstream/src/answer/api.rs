//! Answers of each API, one module each.

pub(super) mod chat;
pub(super) mod completions;
pub(super) mod counting;
pub(super) mod decisions;
pub(super) mod embeddings;
pub(super) mod messages;
pub(super) mod models;
pub(super) mod responses;
pub(super) mod stored;
