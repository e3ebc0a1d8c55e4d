//! Changes of saved objects: what differs between two revisions, and what a merge patch makes of one.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One difference.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Change {
    /// Where, as in faults.
    pub path: String,
    /// What was there; `null` where nothing was.
    pub from: Value,
    /// What is there now; `null` where nothing is.
    pub to: Value,
}

/// What differs between two objects as REST shows them. Revision and timestamps are not told; nor is an upstream key,
/// should one ever be in there.
pub fn diff(from: &Value, to: &Value) -> Vec<Change> {
    let _ = (from, to);
    Vec::new()
}

/// Applies a JSON merge patch (RFC 7396).
pub fn merge_patch(target: &mut Value, patch: &Value) {
    let _ = (target, patch);
}

/// The body of an edit (to be decoded for [`super::decode::Purpose::Edit`]) that a merge patch makes of an object as
/// REST shows it. `revision` and `api_key` are the patch's own, so that a missing revision is missed and a `null` key
/// removes the key.
pub fn patched(current: &Value, patch: &Value) -> Value {
    let _ = patch;
    current.clone()
}
