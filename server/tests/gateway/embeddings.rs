//! Embeddings of a group of two: how many vectors an answer must have, and where an answer is none.

use app::{
    domain::{config::instance::WorkloadKind, routing::health::HealthState},
    ports::DataPlane as _,
};
use serde_json::json;

use super::vectors::{Vectors, list};
use crate::{
    raw_upstream::{RawUpstream, json_answer},
    rig::{Setup, got},
};

/// Whether the first instance's answer to this input passes, with so many vectors.
async fn passes(input: &str, count: usize) -> bool {
    let pair = Vectors::start(move |_| list(&vec!["[1,2,3,4]"; count])).await;
    let answer = pair.embed(&format!("\"input\":{input}")).await;
    assert_eq!(answer.status, 200, "{input}: {}", answer.text());
    answer.header("x-sb-instance") == "inst_a"
}

#[tokio::test]
async fn an_answer_has_as_many_vectors_as_the_call_has_inputs() {
    for (input, count) in [
        ("\"one\"", 1),
        ("[\"one\"]", 1),
        ("[\"one\",\"two\"]", 2),
        ("[ \"one\" ,\n\t\"two\",\"\" ]", 3),
        ("[\"],[\",\"\\\"],[\\\"\"]", 2),
        // Tokens: one list is one input.
        ("[1]", 1),
        ("[9906, 1917, 0]", 1),
        ("[[9906, 1917], [0]]", 2),
        ("[[1]]", 1),
        ("[ [1,2] , [3] , [4] ]", 3),
        // Inputs with parts, as of servers that embed pictures.
        ("[{\"text\":\"one\"},{\"image\":\"http://x/a.png\"}]", 2),
        ("[{\"text\":\"one, [two\"}]", 1),
    ] {
        assert!(passes(input, count).await, "{input}");
        assert!(!passes(input, count + 1).await, "{input}: one too many");
        if count > 1 {
            assert!(!passes(input, count - 1).await, "{input}: one too few");
        }
    }
}

#[tokio::test]
async fn an_answer_without_data_is_nothing() {
    for (name, body) in [
        ("empty", json!({ "object": "list", "data": [], "model": "m" })),
        (
            "absent",
            json!({ "object": "list", "model": "m", "usage": { "prompt_tokens": 1, "total_tokens": 1 } }),
        ),
        ("null", json!({ "object": "list", "data": null, "model": "m" })),
        ("an object", json!({ "object": "list", "data": {}, "model": "m" })),
        ("nothing at all", json!({})),
    ] {
        // Whatever was asked.
        for more in ["", ",\"dimensions\":4", ",\"output_dtype\":\"int8\"", ",\"encoding_format\":\"base64\""]
        {
            let body = body.to_string();
            let pair = Vectors::start(move |_| body.clone()).await;
            let answer = pair.embed(&format!("\"input\":\"one\"{more}")).await;
            let seen = (answer.status, answer.header("x-sb-instance"), answer.header("x-sb-attempts"));
            assert_eq!(seen, (200, "inst_b", "2"), "{name} {more}: {}", answer.text());
            assert!(pair.learned().iter().all(|(id, _)| id == "inst_b"), "{name} {more}");
        }
    }
}

#[tokio::test]
async fn a_vector_that_is_missing_or_empty_is_a_failed_attempt() {
    for broken in ["[]", "[ ]", "null", "\"\"", "{}"] {
        for vectors in [[broken, "[1,2,3,4]"], ["[1,2,3,4]", broken]] {
            let pair = Vectors::start(move |_| list(&vectors)).await;
            let answer = pair.embed("\"input\":[\"one\",\"two\"]").await;
            assert_eq!(answer.header("x-sb-instance"), "inst_b", "{broken}: {}", answer.text());
        }
    }
    let absent = json!({ "data": [{ "index": 0, "embedding": [1, 2, 3, 4] }, { "index": 1 }] }).to_string();
    let pair = Vectors::start(move |_| absent.clone()).await;
    assert_eq!(pair.embed("\"input\":[\"one\",\"two\"]").await.header("x-sb-instance"), "inst_b");
}

#[tokio::test]
async fn where_no_answer_is_left_the_call_fails_with_every_attempt() {
    let pair = Vectors::start_both(|_| list(&[]), |_| list(&["[1,2]", "[1,2,3]"])).await;
    for _ in 0..2 {
        let failed = pair.embed("\"input\":[\"one\",\"two\"]").await;
        assert_eq!((failed.status, failed.code().as_str()), (502, "upstream_error"));
        assert_eq!(failed.attempts(), ["inst_a:empty_answer:200", "inst_b:dimension_mismatch:200"]);
        assert_eq!(failed.header("x-should-retry"), "false");
    }
    assert_eq!(pair.learned(), [], "nothing is learned from a failed attempt");
    assert_ne!(pair.rig.gateway.health("inst_a").state, HealthState::Misconfigured);
}

#[tokio::test]
async fn an_answer_passes_byte_for_byte_and_its_tokens_count() {
    let body = "{ \"object\" : \"list\",\n\"usage\":{\"prompt_tokens\":9,\"total_tokens\":9},\"data\":[ {\"index\":0,\
                \"embedding\":[1e-3, -0.0,\n\t1E+5 ,\r\n 0],\"odd\":1e999}],\"model\":\"m\" }\n";
    let mut pair = Vectors::start(|_| body.to_owned()).await;
    let answer = pair.embed("\"input\":\"one\"").await;
    assert_eq!((answer.header("x-sb-instance"), answer.text().as_str()), ("inst_a", body));
    assert_eq!(pair.record().await.tokens.map(|it| it.0), Some(9));
    // The same from a server that ends its answer by closing the connection.
    let head = "HTTP/1.0 200 OK\r\ncontent-type: application/json\r\n\r\n";
    let pair = Vectors::start_raw(move |_| format!("{head}{body}")).await;
    let answer = pair.embed("\"input\":\"one\"").await;
    assert_eq!((answer.header("x-sb-instance"), answer.text().as_str()), ("inst_a", body));
    // And one that breaks off.
    let cut = body.split_at(body.len() - 12).0;
    let pair = Vectors::start_raw(move |_| format!("{head}{cut}")).await;
    assert_eq!(pair.embed("\"input\":\"one\"").await.header("x-sb-instance"), "inst_b");
}

#[tokio::test]
async fn token_arrays_pass_through_an_ordered_balancer_as_they_are_written() {
    let upstream = RawUpstream::start(|request| {
        let count = if request.contains("[[") { 2 } else { 1 };
        let vectors: Vec<_> =
            (0..count).map(|index| json!({ "index": index, "embedding": [1.5, 2.5] })).collect();
        json_answer(200, &json!({ "object": "list", "data": vectors, "model": "m" }))
    })
    .await;
    let rig = Setup::new()
        .instance("e", &format!("{}/v1", upstream.origin), "m", |it| {
            it.workload_kind = WorkloadKind::Embeddings
        })
        .balancer("try", &[("only", "inst_e")], |it| it.workload_kind = WorkloadKind::Embeddings)
        .start()
        .await;
    for input in ["[9906,  1917]", "[[9906], [1917, 0]]", "[ 1 ]", "[[],[7]]"] {
        let answer =
            got(rig.post("/v1/embeddings", format!("{{\"model\": \"try\", \"input\": {input}}}"))).await;
        let way = (answer.status, answer.header("x-sb-reason"));
        assert_eq!(way, (200, "ordered"), "{input}: {}", answer.text());
        let sent = upstream.requests().pop().unwrap();
        assert!(sent.ends_with(&format!("{{\"model\": \"m\", \"input\": {input}}}")), "{sent}");
    }
}
