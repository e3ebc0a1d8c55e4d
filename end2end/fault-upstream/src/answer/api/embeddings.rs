//! Embeddings in both encodings; a vector depends only on the text and the model.

use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::answer::Call;
use crate::fault::Missing;

const DIMENSIONS: usize = 8;
const MAX_DIMENSIONS: usize = 65_536;

/// The body of an answer, with one vector per input.
pub(crate) fn list(call: &Call<'_>) -> Vec<u8> {
    let dimensions = call
        .fields
        .get::<usize>("dimensions")
        .or(call.fault.shape.dimensions)
        .map_or(DIMENSIONS, |wanted| wanted.clamp(1, MAX_DIMENSIONS));
    let base64 = call.fields.get::<String>("encoding_format").as_deref() == Some("base64");
    let inputs = inputs(call.fields.get("input").unwrap_or_default());
    let count = match call.fault.shape.missing {
        Some(Missing::Vectors) => 0,
        Some(Missing::LastVector) => inputs.len().saturating_sub(1),
        _ => inputs.len(),
    };
    let data: Vec<Value> = inputs
        .iter()
        .take(count)
        .enumerate()
        .map(|(index, input)| {
            let vector = vector(&call.model, input, dimensions);
            let embedding = if base64 {
                let bytes: Vec<u8> = vector.iter().flat_map(|value| value.to_le_bytes()).collect();
                json!(BASE64_STANDARD.encode(bytes))
            } else {
                json!(vector)
            };
            json!({ "object": "embedding", "index": index, "embedding": embedding })
        })
        .collect();
    let tokens = inputs.len();
    json!({
        "object": "list",
        "data": data,
        "model": call.model,
        "usage": { "prompt_tokens": tokens, "total_tokens": tokens },
    })
    .to_string()
    .into_bytes()
}

/// The inputs as JSON text. A string or an array of tokens is one input, an array of these is several.
fn inputs(input: Value) -> Vec<String> {
    match input {
        Value::Array(items) if !items.first().is_some_and(Value::is_number) => {
            items.iter().map(Value::to_string).collect()
        }
        one => vec![one.to_string()],
    }
}

/// A vector of values in [-1, 1). Each is a multiple of 1/128, which every encoding represents exactly.
fn vector(model: &str, input: &str, dimensions: usize) -> Vec<f32> {
    let seed = Sha256::digest(format!("{model}\n{input}"));
    (0..dimensions.div_ceil(seed.len()))
        .flat_map(|block| Sha256::digest([seed.as_slice(), &block.to_le_bytes()].concat()))
        .take(dimensions)
        .map(|byte| (f32::from(byte) - 128.0) / 128.0)
        .collect()
}
