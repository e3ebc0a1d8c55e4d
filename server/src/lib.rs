//! The Smart Balancer server.
//!
//! [`gateway`] is the data plane; its module docs follow a call. [`control`] holds the doors of the control plane (pages, REST,
//! probes), [`operations`] one function for each thing that can be done to the configuration, [`store`] the SQL behind it.
//! [`request_log`] and [`metrics`] take the records of calls, [`live`] notifies open tabs. [`boot`] starts and stops
//! everything; [`commands`] and [`admin`] run without serving. [`foreign`] converts other gateways' configurations.

pub mod admin;
pub mod assets;
pub mod boot;
pub mod clock;
pub mod commands;
pub mod control;
pub mod demo;
pub mod egress;
pub mod foreign;
pub mod gateway;
pub mod live;
pub mod metrics;
pub mod network;
pub mod operations;
pub mod request_log;
pub mod router;
pub mod seal;
pub mod settings;
pub mod store;
pub mod telemetry;
