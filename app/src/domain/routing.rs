//! Routing of a call: classification, decision, plan of attempts, selection of members, and health.

pub mod blame;
pub mod call;
pub mod classify;
pub mod decision;
pub mod decision_model;
pub mod fast_path;
pub mod health;
pub mod outcome;
pub mod plan;
pub mod select;
