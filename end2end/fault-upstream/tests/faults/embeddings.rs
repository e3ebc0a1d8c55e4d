//! Embeddings: dimensions, encodings and faults.
#![expect(clippy::unwrap_used, reason = "tests")]

use base64::{Engine, prelude::BASE64_STANDARD};
use fault_upstream::FaultUpstream;
use serde_json::{Value, json};

use crate::client::{End, Received, exchange, post};

async fn embed(upstream: &FaultUpstream, body: &Value) -> Received {
    let request = post("/v1/embeddings", "connection: close\r\n", body);
    exchange(upstream.address(), &request).await
}

fn vector(answer: &Value, index: usize) -> Vec<f32> {
    serde_json::from_value(answer["data"][index]["embedding"].clone()).unwrap()
}

#[tokio::test]
async fn requested_dimensions_override_those_of_the_fault() {
    let upstream = FaultUpstream::start().await.unwrap();
    for (body, dimensions) in [
        (json!({ "model": "ok", "input": "a" }), 8),
        (json!({ "model": "dim@768", "input": "a" }), 768),
        (json!({ "model": "dim@1024", "input": "a", "dimensions": 5 }), 5),
    ] {
        let answer = embed(&upstream, &body).await.json();
        assert_eq!(vector(&answer, 0).len(), dimensions, "{body}");
        assert_eq!(answer["model"], body["model"]);
    }
}

#[tokio::test]
async fn vectors_depend_only_on_text_and_model_in_both_encodings() {
    let upstream = FaultUpstream::start().await.unwrap();
    let input = json!(["a", "b", "a"]);
    let floats = embed(&upstream, &json!({ "model": "ok", "input": input })).await.json();
    assert_eq!(vector(&floats, 0), vector(&floats, 2));
    assert_ne!(vector(&floats, 0), vector(&floats, 1));
    let other = embed(&upstream, &json!({ "model": "dim@8", "input": "a" })).await.json();
    assert_ne!(vector(&floats, 0), vector(&other, 0));

    let body = json!({ "model": "ok", "input": input, "encoding_format": "base64" });
    let encoded = embed(&upstream, &body).await.json();
    let bytes = BASE64_STANDARD.decode(encoded["data"][1]["embedding"].as_str().unwrap()).unwrap();
    let decoded: Vec<f32> =
        bytes.chunks_exact(4).map(|bytes| f32::from_le_bytes(bytes.try_into().unwrap())).collect();
    assert_eq!(decoded, vector(&floats, 1));
}

#[tokio::test]
async fn a_token_array_is_one_input_and_an_array_of_them_is_several() {
    let upstream = FaultUpstream::start().await.unwrap();
    for (input, count) in [(json!([1, 2, 3]), 1), (json!([[1, 2], [3]]), 2), (json!("a"), 1)] {
        let answer = embed(&upstream, &json!({ "model": "ok", "input": input })).await.json();
        assert_eq!(answer["data"].as_array().unwrap().len(), count, "{input}");
    }
}

#[tokio::test]
async fn faults_apply_to_embeddings_too() {
    let upstream = FaultUpstream::start().await.unwrap();
    for (model, status, end) in [
        ("rst@10", 200, End::Rst),
        ("fin-early@10", 200, End::Fin),
        ("429@3", 429, End::Fin),
        ("error200", 200, End::Fin),
        ("close-before-headers", 0, End::Fin),
    ] {
        let received = embed(&upstream, &json!({ "model": model, "input": "a" })).await;
        assert_eq!((received.status(), received.end), (status, end), "{model}");
    }
}

#[tokio::test]
async fn vectors_can_be_missing() {
    let upstream = FaultUpstream::start().await.unwrap();
    for (model, count) in [("ok", 2), ("one-vector-less", 1), ("no-vectors", 0)] {
        let answer = embed(&upstream, &json!({ "model": model, "input": ["a", "b"] })).await.json();
        assert_eq!(answer["data"].as_array().unwrap().len(), count, "{model}");
    }
}
