//! Reads an embeddings answer for the page: how long, how it begins, how alike two are.

use serde_json::Value;

/// The embeddings of an answer, in the order of the inputs; empty where it is none that can be read.
pub fn read(body: &str) -> Vec<Vec<f64>> {
    let body: Value = serde_json::from_str(body).unwrap_or_default();
    let rows = body.get("data").and_then(Value::as_array);
    let vector = |row: &Value| -> Option<Vec<f64>> {
        row.get("embedding")?.as_array()?.iter().map(Value::as_f64).collect()
    };
    rows.and_then(|rows| rows.iter().map(vector).collect()).unwrap_or_default()
}

/// The cosine of the angle between two embeddings, −1 to 1; `None` where they differ in length or one has none.
pub fn cosine(a: &[f64], b: &[f64]) -> Option<f64> {
    let dot: f64 = a.iter().zip(b).map(|(a, b)| a * b).sum();
    let length = |v: &[f64]| v.iter().map(|it| it * it).sum::<f64>().sqrt();
    let product = length(a) * length(b);
    (a.len() == b.len() && product > 0.0).then(|| (dot / product).clamp(-1.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn embeddings_are_read_and_compared() {
        let vectors = read(r#"{"data":[{"embedding":[1,0]},{"embedding":[0.0,2.5]}]}"#);
        assert_eq!(vectors.len(), 2);
        assert_eq!(cosine(&vectors[0], &vectors[1]), Some(0.0));
        assert_eq!(cosine(&[1.0, 1.0], &[2.0, 2.0]).map(|it| (it * 1e9).round()), Some(1e9));
    }

    #[test]
    fn what_cannot_be_compared_has_no_cosine() {
        assert_eq!(cosine(&[1.0], &[1.0, 0.0]), None);
        assert_eq!(cosine(&[0.0], &[1.0]), None);
        assert!(read("{}").is_empty() && read(r#"{"data":[{"embedding":"AAAA"}]}"#).is_empty());
    }
}
