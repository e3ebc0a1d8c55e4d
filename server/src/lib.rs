//! The Smart Balancer server.
//!
//! [`gateway`] is the data plane and reads in the order in which a call flows; [`egress`] says where it may call.

pub mod egress;
pub mod gateway;
