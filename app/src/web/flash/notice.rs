//! What a page says once after something was done: it is kept by [`crate::web::flash`] and named by `?note=ID`.

use serde::{Deserialize, Serialize};

use crate::domain::console::view::TestVerdict;
use crate::refusal::Refusal;

/// What happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FlashNotice {
    /// The object of that name was saved.
    Saved(String),
    /// The object of that name is gone.
    Deleted(String),
    /// The object is again what it was at the revision of that number.
    RolledBack(String),
    /// The API key of that name does not work any more.
    Revoked(String),
    /// The instance of that name was tested.
    Tested {
        /// The instance's name.
        name: String,
        /// What the test found.
        verdict: TestVerdict,
    },
    /// What was done, in a sentence.
    Said(String),
    /// So many objects were changed by an import.
    Imported(usize),
    /// It was not done.
    Refused(Refusal),
}
