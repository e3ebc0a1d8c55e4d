//! The Smart Balancer server.
//!
//! [`gateway`] is the data plane and reads in the order in which a call flows. [`control`] holds the control plane's
//! doors, [`operations`] what they lead to, [`store`] where it is kept. [`request_log`] takes the records of calls from
//! the first to the last, [`metrics`] measures, [`live`] tells open tabs. [`lanes`] are the threads that serve. [`boot`]
//! starts and stops everything; [`commands`] and [`admin`] are what runs without serving. [`foreign`] reads other gateways'
//! configurations.

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
