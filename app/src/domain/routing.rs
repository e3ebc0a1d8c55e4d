//! Routing of one call: classification, the decision, the plan of attempts, selection of members and their health.

pub mod call;
pub mod classify;
pub mod decision;
pub mod health;
pub mod outcome;
pub mod plan;
pub mod select;
