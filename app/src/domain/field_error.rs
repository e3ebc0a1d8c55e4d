//! What is wrong with something that somebody wants to save: where, which rule, and in words.

use serde::{Deserialize, Serialize};

/// One error or warning. The path uses dots and indexes: `routes[2].destination.ref`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct FieldError {
    /// Where; an error of a whole list is the list's path, one of the whole object is empty.
    pub path: String,
    /// The rule's fixed name.
    pub code: String,
    /// What is wrong and what to do, as one sentence.
    pub message: String,
}

impl FieldError {
    /// An error of the rule `code` at `path`.
    pub fn new(path: impl Into<String>, code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { path: path.into(), code: code.into(), message: message.into() }
    }
}

/// All that validation found. Errors block saving, warnings do not.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct ValidationReport {
    /// Whether there are no errors.
    pub valid: bool,
    /// What blocks saving.
    pub errors: Vec<FieldError>,
    /// What is allowed but probably not meant.
    pub warnings: Vec<FieldError>,
}

impl ValidationReport {
    /// A report of these findings.
    pub fn new(errors: Vec<FieldError>, warnings: Vec<FieldError>) -> Self {
        Self { valid: errors.is_empty(), errors, warnings }
    }

    /// The report on a body: what could not be read of it, and what is wrong with what could. An error of validation at
    /// or below a path that could not be read is only its echo and is left out.
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
