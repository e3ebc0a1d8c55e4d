//! What is wrong with something that somebody wants to save: where, which rule, and in words.

use serde::{Deserialize, Serialize};

/// One fault or warning. The path uses dots and indexes: `routes[2].destination.ref`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Fault {
    /// Where; a fault of a whole list is the list's path, one of the whole object is empty.
    pub path: String,
    /// The rule's fixed name.
    pub code: String,
    /// What is wrong and what to do, as one sentence.
    pub message: String,
}

impl Fault {
    /// A fault of the rule `code` at `path`.
    pub fn new(path: impl Into<String>, code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { path: path.into(), code: code.into(), message: message.into() }
    }
}

/// All that validation found. Errors block saving, warnings do not.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Report {
    /// Whether there are no errors.
    pub valid: bool,
    /// What blocks saving.
    pub errors: Vec<Fault>,
    /// What is allowed but probably not meant.
    pub warnings: Vec<Fault>,
}

impl Report {
    /// A report of these findings.
    pub fn new(errors: Vec<Fault>, warnings: Vec<Fault>) -> Self {
        Self { valid: errors.is_empty(), errors, warnings }
    }
}
