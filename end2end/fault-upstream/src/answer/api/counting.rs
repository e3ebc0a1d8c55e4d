//! Answers to calls that count or compact without generating.

use serde_json::json;

use crate::answer::{Call, endpoint::Counting, responses};

/// The tokens of any request.
const TOKENS: u64 = 7;

/// The body of an answer.
pub(crate) fn answer(call: &Call<'_>, kind: Counting) -> Vec<u8> {
    let body = match kind {
        Counting::MessageTokens => json!({ "input_tokens": TOKENS }),
        Counting::InputTokens => json!({ "object": "response.input_tokens", "input_tokens": TOKENS }),
        Counting::Compaction => json!({
            "id": responses::id(call),
            "object": "response.compaction",
            "created_at": 0,
            "output": [{
                "id": format!("cmp_{}", call.number),
                "type": "compaction",
                "encrypted_content": format!("compacted by {}", call.upstream),
            }],
            "usage": { "input_tokens": TOKENS, "output_tokens": 1, "total_tokens": TOKENS + 1 },
        }),
    };
    body.to_string().into_bytes()
}
