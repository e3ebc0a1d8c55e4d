//! Sample requests of tests, asked the way that an instance takes them.

use app::domain::{
    api::Api,
    routing::classify::{Adaptation, NextStep, RequestShape, TokenField},
};
use bytes::Bytes;
use serde_json::Value;

/// A sample request in a shape. Of the shape only the field of the token limit matters, because a sample has no other
/// optional part.
pub(super) fn body(
    api: Api,
    model: Option<&str>,
    prompt: &str,
    max_tokens: u64,
    shape: RequestShape,
) -> Bytes {
    let mut body = api.rules().sample_body(model, prompt, max_tokens);
    if let Some(members) = body.as_object_mut().filter(|_| api == Api::ChatCompletions) {
        let limit = match shape.token_field {
            TokenField::MaxTokens => None,
            TokenField::MaxCompletionTokens => Some("max_completion_tokens"),
            TokenField::Absent => Some(""),
        };
        if let Some(name) = limit {
            let limit = members.remove("max_tokens").unwrap_or(Value::Null);
            if !name.is_empty() {
                members.insert(name.to_owned(), limit);
            }
        }
    }
    Bytes::from(body.to_string())
}

/// Whether a refused sample is worth another try in the next shape, which then has another field of the token limit.
pub(super) fn adapts(api: Api, asked: &mut Adaptation, status: u16, refusal: &[u8]) -> bool {
    let before = asked.shape().token_field;
    api == Api::ChatCompletions
        && asked.after_refusal(status, refusal) == NextStep::AskAgain
        && asked.shape().token_field != before
}
