//! The checklist of the last step: what is judged at once, and what is tried with real calls while one watches.

use serde::{Deserialize, Serialize};

use crate::domain::console::draft::Step;

/// One line of the checklist.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Check {
    /// Names it: `configuration`, `serving_name`, `router`, `default`, or `route:` with a route's name.
    pub(crate) id: String,
    /// What is checked.
    pub(crate) label: String,
    /// Where it is mended.
    pub(crate) step: Step,
    /// Whether it takes real calls. Those can be skipped; the others cannot.
    pub(crate) live: bool,
}

/// What a check found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct CheckResult {
    /// The check's id.
    pub(crate) id: String,
    /// Whether all is well.
    pub(crate) ok: bool,
    /// What it took, in milliseconds.
    pub(crate) ms: f64,
    /// What was found, as one sentence.
    pub(crate) message: String,
}
