//! The Smart Balancer server.
//!
//! - [`gateway`] is the data plane; its module docs follow a call.
//! - [`control`] serves the control plane over HTTP: pages, REST, events, probes. [`operations`] implements it, and
//!   [`store`] holds the SQL behind it.
//! - [`request_log`] and [`metrics`] receive the records of calls.
//! - [`seal`] encrypts secrets, [`egress`] limits the addresses of instances, [`import`] converts other gateways'
//!   configurations, [`demo`] answers for demo instances.
//! - [`boot`] starts and stops the server; [`commands`] holds the commands that end by themselves.

pub mod boot;
pub mod clock;
pub mod commands;
pub mod control;
pub mod demo;
pub mod egress;
pub mod gateway;
pub mod import;
pub mod metrics;
pub mod operations;
pub mod request_log;
pub mod seal;
pub mod store;
