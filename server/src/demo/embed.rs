//! `POST /demo/v1/embeddings`.

use axum::Json;
use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Model, error::DemoError, vector};

/// Maximum number of inputs of a request.
const INPUTS: usize = 2_048;

#[derive(Deserialize)]
struct EmbeddingRequest {
    model: String,
    input: Input,
    dimensions: Option<usize>,
    encoding_format: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Input {
    Text(String),
    Texts(Vec<String>),
    Tokens(Vec<u64>),
    TokenLists(Vec<Vec<u64>>),
}

impl Input {
    /// The inputs as texts; a token counts as a word.
    fn texts(self) -> Vec<String> {
        let spoken = |tokens: Vec<u64>| tokens.iter().map(u64::to_string).collect::<Vec<_>>().join(" ");
        match self {
            Self::Text(text) => vec![text],
            Self::Texts(texts) => texts,
            Self::Tokens(tokens) => vec![spoken(tokens)],
            Self::TokenLists(lists) => lists.into_iter().map(spoken).collect(),
        }
    }
}

pub(super) async fn embed(body: Bytes) -> Result<Json<Value>, DemoError> {
    let request: EmbeddingRequest = serde_json::from_slice(&body)
        .map_err(|why| DemoError::request(format!("The body cannot be read: {why}.")))?;
    if Model::from_id(&request.model) != Some(Model::Embedder) {
        return Err(DemoError::model());
    }
    let dimensions = request.dimensions.unwrap_or(vector::DIMENSIONS);
    if !(1..=vector::MAX_DIMENSIONS).contains(&dimensions) {
        let message = format!("Use 1 to {} dimensions.", vector::MAX_DIMENSIONS);
        return Err(DemoError::request(message));
    }
    let in_base64 = match request.encoding_format.as_deref() {
        None | Some("float") => false,
        Some("base64") => true,
        Some(_) => return Err(DemoError::request("Use the encoding format `float` or `base64`.")),
    };
    let texts = request.input.texts();
    if texts.is_empty() || texts.len() > INPUTS || texts.iter().any(String::is_empty) {
        return Err(DemoError::request(format!("Send 1 to {INPUTS} inputs, none of them empty.")));
    }
    let data = texts.iter().enumerate().map(|(index, text)| {
        let vector = vector::of(text, dimensions);
        let embedding = if in_base64 { encoded(&vector) } else { json!(vector) };
        json!({"object": "embedding", "index": index, "embedding": embedding})
    });
    let data: Vec<Value> = data.collect();
    let tokens: usize = texts.iter().map(|it| it.split_whitespace().count()).sum();
    let usage = json!({"prompt_tokens": tokens, "total_tokens": tokens});
    Ok(Json(json!({"object": "list", "data": data, "model": Model::Embedder.id(), "usage": usage})))
}

/// 32-bit floats, little-endian, in base64: the format that OpenAI's clients request.
fn encoded(vector: &[f32]) -> Value {
    let bytes: Vec<u8> = vector.iter().flat_map(|it| it.to_le_bytes()).collect();
    Value::from(STANDARD.encode(bytes))
}
