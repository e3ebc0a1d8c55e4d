//! Validation errors and warnings, each with path, code and message.

use serde::{Deserialize, Serialize};

/// An error or warning. The path uses dots and indexes: `routes[2].destination.ref`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct FieldError {
    /// For an error of a whole list, the path of the list; for one of the whole object, empty.
    pub path: String,
    /// The fixed name of the rule.
    pub code: String,
    /// The problem and its solution in one sentence.
    pub message: String,
}

impl FieldError {
    /// Creates an error of the rule `code` at `path`.
    pub fn new(path: impl Into<String>, code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { path: path.into(), code: code.into(), message: message.into() }
    }
}

/// The result of a validation. Errors block saving, warnings do not.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct ValidationReport {
    /// Whether there are no errors.
    pub valid: bool,
    /// Errors block saving.
    pub errors: Vec<FieldError>,
    /// Valid but probably unintended settings.
    pub warnings: Vec<FieldError>,
}

impl ValidationReport {
    /// Creates a report.
    pub fn new(errors: Vec<FieldError>, warnings: Vec<FieldError>) -> Self {
        Self { valid: errors.is_empty(), errors, warnings }
    }

    /// Combines decoding errors with this report. Validation errors at or below an undecodable path are consequences
    /// of the decoding error and are left out.
    pub fn after_decoding(self, unread: &[FieldError]) -> Self {
        let below = |path: &str, top: &str| {
            top.is_empty()
                || path.strip_prefix(top).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        };
        let kind_unread = unread.iter().any(|it| it.path == "workload_kind");
        let echoes = |error: &FieldError| {
            unread.iter().any(|it| below(&error.path, &it.path))
                || kind_unread && error.code == "workload_mismatch"
        };
        let errors = unread.iter().cloned().chain(self.errors.into_iter().filter(|it| !echoes(it))).collect();
        Self::new(errors, self.warnings)
    }
}
