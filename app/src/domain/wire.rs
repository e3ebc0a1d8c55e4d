//! Protocol data: request bodies, raw JSON, server-sent events, and `Retry-After`.

pub mod body;
pub mod raw_json;
pub mod retry_after;
pub mod sse;
pub mod strict_json;
