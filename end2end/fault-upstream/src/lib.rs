//! A small OpenAI-shaped server on raw TCP, for tests: it shows, on request, every way in which an
//! upstream can fail. No HTTP library stands between it and the socket, so every byte and every close
//! is its own choice. It holds no state but its log and must never be reachable from beyond loopback.
//!
//! Endpoints: `POST …/chat/completions` (plain and `"stream": true`), `POST …/embeddings`, `GET …/models`
//! under any prefix. Control: `GET /log` (every call it accepted), `DELETE /log`, `GET /counters`.
//!
//! ```no_run
//! # async fn example() -> std::io::Result<()> {
//! use std::time::Duration;
//! let upstream = fault_upstream::FaultUpstream::start().await?;
//! println!("point an instance at {}", upstream.base_url());
//! let log = upstream
//!     .wait_for(|log| log.iter().any(|call| call.peer_left()), Duration::from_secs(1))
//!     .await;
//! # drop(log);
//! # Ok(())
//! # }
//! ```
//!
//! # Report
//!
//! [`report`], and `fault-upstream report` on the command line, points every fault at a gateway and prints pass or
//! fail for each: `fault-upstream report --setup smart-balancer --admin-token … http://127.0.0.1:3000/v1`. Another
//! gateway is set up by hand first, from what `report --print-plan` lists. `report/table.rs` says what must come of
//! each fault.
//!
//! # Faults
#![doc = include_str!("faults.md")]
//!
//! A server-wide fault ([`Options::fault`], [`FaultUpstream::set_fault`], `--fault`) stands in place of
//! whatever the calls name, `GET …/models` included: so a member can fall ill and recover while its
//! configuration stays the same. A server that never accepts ([`Options::black_hole`], `--black-hole`) is the one
//! fault that a call cannot name.

mod answer;
mod connection;
mod control;
mod fault;
mod http;
mod log;
pub mod report;
mod server;
mod wire;

pub use log::{Counters, Ended, Record, fingerprint};
pub use server::{FaultUpstream, Options, TimedOut};

/// The table of faults as Markdown, for `--help`.
pub const FAULTS: &str = include_str!("faults.md");

/// The model names that the table of faults shows as examples, in its order.
pub fn fault_names() -> impl Iterator<Item = &'static str> {
    FAULTS.lines().filter_map(|line| line.strip_prefix("| `")?.split_once('`')).map(|(name, _)| name)
}
