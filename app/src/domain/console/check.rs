//! The checklist of the wizard's last step: immediate checks, and live checks that make real calls.

use serde::{Deserialize, Serialize};

use crate::domain::console::draft::Step;

/// One line of the checklist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// Names it: `configuration`, `serving_name`, `router`, `default`, or `route:` with a route's name.
    pub id: String,
    /// What is checked.
    pub label: String,
    /// Where it is mended.
    pub step: Step,
    /// Whether it takes real calls. Those can be skipped; the others cannot.
    pub live: bool,
}

/// What a check found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CheckResult {
    /// The check's id.
    pub id: String,
    /// Whether all is well.
    pub ok: bool,
    /// Duration, in milliseconds.
    pub ms: f64,
    /// What was found, as one sentence.
    pub message: String,
}
