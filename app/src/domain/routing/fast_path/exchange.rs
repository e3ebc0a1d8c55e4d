//! The call for an embedding: the body of the request, and the parser of its answer.

use serde_json::json;

use super::vector::Embedding;
use crate::domain::wire::raw_json;

/// The body of a request for the embedding of one text.
pub fn embedding_request(model: &str, text: &str) -> Vec<u8> {
    json!({ "model": model, "input": text }).to_string().into_bytes()
}

/// The embedding in the answer to [`embedding_request`]: a list of numbers, or base64 of little-endian 32-bit floats,
/// whichever the server sends. `None` unless it is the only one and has a direction.
pub fn read_embedding(body: &str) -> Option<Embedding> {
    let mut items = raw_json::elements(raw_json::member(body, "data")?);
    let vector = raw_json::member(items.next()?, "embedding")?;
    if items.next().is_some() {
        return None;
    }
    let values = match raw_json::text(vector) {
        Some(text) => floats(&base64(&text)?)?,
        None => raw_json::elements(vector).map(|it| it.trim().parse().ok()).collect::<Option<Vec<f32>>>()?,
    };
    Embedding::of(&values)
}

fn floats(bytes: &[u8]) -> Option<Vec<f32>> {
    let (values, rest) = bytes.as_chunks::<4>();
    rest.is_empty().then(|| values.iter().map(|it| f32::from_le_bytes(*it)).collect())
}

/// The bytes of base64 text, padded or not. `None` if it has other characters.
fn base64(text: &str) -> Option<Vec<u8>> {
    let text = text.trim_end_matches('=');
    let mut bytes = Vec::with_capacity(text.len() * 3 / 4);
    for group in text.as_bytes().chunks(4) {
        let mut bits = 0_u32;
        for digit in group {
            bits = (bits << 6) | sextet(*digit)?;
        }
        bits <<= 6 * (4 - group.len());
        // Four characters are three bytes, three are two, two are one.
        let [_, decoded @ ..] = bits.to_be_bytes();
        bytes.extend_from_slice(decoded.get(..group.len().checked_sub(1).filter(|it| *it > 0)?)?);
    }
    Some(bytes)
}

fn sextet(digit: u8) -> Option<u32> {
    let value = match digit {
        b'A'..=b'Z' => digit - b'A',
        b'a'..=b'z' => digit - b'a' + 26,
        b'0'..=b'9' => digit - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    };
    Some(u32::from(value))
}
