//! The configuration: its objects, their validation and history, and the way from a change to the data plane.

pub mod audit_trail;
pub mod demo;
pub mod discovery;
pub mod history;
pub mod objects;
pub mod publish;
pub mod render;
pub mod secrets;
pub mod transfer;
pub mod validation;
