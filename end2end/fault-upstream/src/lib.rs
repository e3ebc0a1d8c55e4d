//! A small OpenAI-shaped server on raw TCP for tests. It shows on request every way in which an upstream can fail. It
//! uses no HTTP library, so it controls every byte and every close. Its only state is its log, and it must never be
//! reachable from beyond loopback.
//!
//! Endpoints under any prefix: `POST …/chat/completions`, `…/completions`, `…/responses` and `…/messages` (plain and
//! `"stream": true`), `POST …/embeddings`, `GET …/models`; `…/responses/{id}` for responses of this server, with
//! `/cancel` and `/input_items`; `…/responses/input_tokens`, `…/responses/compact` and `…/messages/count_tokens`;
//! `POST …/systemone` and `…/decisions`.
//! Control endpoints: `GET /log` (the accepted calls), `DELETE /log`, `GET /counters`.
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
//! [`report`], or `fault-upstream report` on the command line, tests a gateway with every fault and prints pass or fail
//! for each: `fault-upstream report --setup smart-balancer --admin-token … http://127.0.0.1:3000/v1`. Set up any other
//! gateway by hand from the list that `report --print-plan` prints. `report/table` contains the expectations.
//!
//! # Faults
#![doc = include_str!("faults.md")]
//!
//! A server-wide fault ([`Options::fault`], [`FaultUpstream::set_fault`], `--fault`) overrides what the calls name,
//! including `GET …/models`, so that an instance can fail and recover without a change to the gateway's configuration.
//! The only fault that a call cannot name is a server that never accepts ([`Options::black_hole`], `--black-hole`).

mod answer;
mod api;
mod connection;
mod control;
mod fault;
mod http;
mod log;
pub mod report;
mod server;
mod socket;

pub use log::{Counters, Ended, Record, fingerprint};
pub use server::{FaultUpstream, Options, TimedOut};

/// The table of faults in Markdown, for `--help`.
pub const FAULTS: &str = include_str!("faults.md");

/// The model names in the table of faults, in order.
pub fn fault_names() -> impl Iterator<Item = &'static str> {
    FAULTS.lines().filter_map(|line| line.strip_prefix("| `")?.split_once('`')).map(|(name, _)| name)
}
