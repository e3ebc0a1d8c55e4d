//! Answers about Responses that were made before. An id tells which server made it, so nothing is stored.

use serde_json::json;

use crate::answer::{Call, endpoint::StoredAction, responses};

/// The body of an answer; `None` if this server has not made the response.
pub(crate) fn answer(call: &Call<'_>, id: &str, action: StoredAction) -> Option<Vec<u8>> {
    if !responses::is_own(call, id) {
        return None;
    }
    let body = match action {
        StoredAction::Read => responses::stored(call, id, "completed"),
        StoredAction::Cancel => responses::stored(call, id, "cancelled"),
        StoredAction::Delete => json!({ "id": id, "object": "response", "deleted": true }),
        StoredAction::ListInput => json!({
            "object": "list",
            "data": [{
                "id": format!("msg_input_{id}"),
                "type": "message",
                "role": "user",
                "status": "completed",
                "content": [{ "type": "input_text", "text": "an earlier input" }],
            }],
            "first_id": format!("msg_input_{id}"),
            "last_id": format!("msg_input_{id}"),
            "has_more": false,
        }),
    };
    Some(body.to_string().into_bytes())
}
