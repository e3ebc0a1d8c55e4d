//! The list of models, which are the documented faults.

use serde_json::{Value, json};

/// The body of the answer to `GET …/models`.
pub(crate) fn list() -> Vec<u8> {
    let data: Vec<Value> = crate::fault_names()
        .map(|name| json!({ "id": name, "object": "model", "created": 0, "owned_by": "fault-upstream" }))
        .collect();
    json!({ "object": "list", "data": data }).to_string().into_bytes()
}
