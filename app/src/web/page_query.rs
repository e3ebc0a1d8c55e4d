//! What the address of a form's page asks to see.

use serde::{Deserialize, Serialize};

/// What the address of a form's page asks to see; empty where it says nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct PageQuery {
    /// The object's id; empty for a new one.
    pub(crate) id: String,
    /// The kept form to show instead of what is saved.
    pub(crate) draft: String,
    /// Whether saving was tried, so that errors are shown: `1`.
    pub(crate) check: String,
    /// What to say once.
    pub(crate) note: String,
    /// The name that was typed to confirm a deletion.
    pub(crate) confirm: String,
}
