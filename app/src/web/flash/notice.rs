//! Notices after a redirect, stored by [`crate::web::flash`] and named by `?note=ID`.

use serde::{Deserialize, Serialize};

use crate::domain::console::view::TestVerdict;
use crate::refusal::Refusal;

/// A notice after a redirect.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FlashNotice {
    /// An object was saved; its name.
    Saved(String),
    /// An object was deleted; its name.
    Deleted(String),
    /// An object was rolled back; the number of the old revision.
    RolledBack(String),
    /// An API key was revoked; its name.
    Revoked(String),
    /// An instance was tested.
    Tested {
        /// Name of the instance.
        name: String,
        /// Result of the test.
        verdict: TestVerdict,
    },
    /// Another success, as a sentence.
    Message(String),
    /// Objects were imported; their number.
    Imported(usize),
    /// The action was refused.
    Refused(Refusal),
}
