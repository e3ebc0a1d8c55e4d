//! Lengths of embeddings: asked for or an instance's own, learned and checked, in each form that servers write.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde_json::json;

use super::vectors::{Vectors, answer_well, list};

/// Answers with vectors of the length that the text `lengths=` in the input gives, such as `lengths=3,4`.
fn as_told(request: &str) -> String {
    let told = request.split("lengths=").nth(1).unwrap_or("4");
    let told = told.split(|it: char| !it.is_ascii_digit() && it != ',').next().unwrap();
    let vectors: Vec<_> =
        told.split(',').map(|it| json!(vec![0.5; it.parse().unwrap()]).to_string()).collect();
    list(&vectors.iter().map(String::as_str).collect::<Vec<_>>())
}

fn of(learned: &[(&str, u64)]) -> Vec<(String, u64)> {
    learned.iter().map(|(id, length)| ((*id).to_owned(), *length)).collect()
}

#[tokio::test]
async fn a_length_that_is_asked_for_is_checked_and_not_learned() {
    for field in ["dimensions", "output_dimension"] {
        for (instance, members) in [
            ("inst_a", "\"input\":\"lengths=2\""),
            ("inst_a", "\"input\":[\"lengths=2,2\",\"x\"]"),
            ("inst_b", "\"input\":\"lengths=3\""),
            // As of a server that ignores the field.
            ("inst_b", "\"input\":\"lengths=4\""),
            ("inst_b", "\"input\":[\"lengths=2,3\",\"x\"]"),
        ] {
            let pair = Vectors::start(as_told).await;
            let asking = format!("{members},\"{field}\": 2 ");
            pair.assert_answered_by(instance, &asking).await;
            assert_eq!(pair.learned(), [], "{asking}");
            // Beside a length of its own that is known.
            pair.assert_answered_by("inst_a", "\"input\":\"lengths=4\"").await;
            pair.assert_answered_by(instance, &asking).await;
            assert_eq!(pair.learned(), of(&[("inst_a", 4)]), "{asking}");
        }
    }
}

#[tokio::test]
async fn a_length_that_is_no_count_is_for_the_instance_to_judge() {
    for length in ["0", "-1", "1.5", "\"2\"", "[2]", "1e2"] {
        let pair = Vectors::start(as_told).await;
        pair.assert_answered_by("inst_a", &format!("\"input\":\"lengths=4\",\"dimensions\":{length}")).await;
        assert_eq!(pair.learned(), [], "{length}");
        pair.assert_answered_by("inst_a", "\"input\":\"lengths=3\"").await;
    }
}

#[tokio::test]
async fn a_length_that_is_not_asked_for_is_learned_and_then_checked() {
    for more in [
        "",
        ",\"dimensions\":null",
        ",\"output_dimension\":null,\"output_dtype\":null",
        ",\"output_dtype\":\"float\"",
        ",\"embedding_types\":null",
        ",\"encoding_format\":\"base64\"",
    ] {
        let pair = Vectors::start(as_told).await;
        pair.assert_answered_by("inst_a", &format!("\"input\":\"lengths=4\"{more}")).await;
        assert_eq!(pair.learned(), of(&[("inst_a", 4)]), "{more}");
        pair.assert_answered_by("inst_b", &format!("\"input\":\"lengths=3\"{more}")).await;
        pair.assert_answered_by("inst_a", &format!("\"input\":\"lengths=4\"{more}")).await;
        assert_eq!(pair.learned(), of(&[("inst_a", 4), ("inst_b", 4)]), "{more}");
    }
}

#[tokio::test]
async fn vectors_of_one_balancer_have_the_length_that_any_of_its_instances_is_known_to_have() {
    let pair = Vectors::start_both(as_told, |_| list(&["[1,2,3]"])).await;
    pair.assert_answered_by("inst_a", "\"input\":\"lengths=4\"").await;
    let failed = pair.embed("\"input\":\"lengths=5\"").await;
    assert_eq!(failed.status, 502, "{}", failed.text());
    assert_eq!(failed.attempts(), ["inst_a:dimension_mismatch:200", "inst_b:dimension_mismatch:200"]);
    assert_eq!(pair.learned(), of(&[("inst_a", 4)]));
    // A length that the operator typed counts from the first answer on.
    let whole = |request: &str| {
        crate::raw_upstream::json_answer(200, &serde_json::from_str(&as_told(request)).unwrap())
    };
    let typed = Vectors::start_with(whole, answer_well, |it| it.dimensions = Some(4)).await;
    typed.assert_answered_by("inst_b", "\"input\":\"lengths=3\"").await;
    typed.assert_answered_by("inst_a", "\"input\":\"lengths=4\"").await;
}

#[tokio::test]
async fn every_vector_of_an_answer_counts() {
    for lengths in ["4,4,3", "4,3,4", "3,4,4", "4,4,5"] {
        let pair = Vectors::start(as_told).await;
        pair.assert_answered_by("inst_b", &format!("\"input\":[\"lengths={lengths}\",\"x\",\"y\"]")).await;
        assert_eq!(pair.learned(), of(&[("inst_b", 4)]), "{lengths}");
    }
    let pair = Vectors::start(as_told).await;
    pair.assert_answered_by("inst_a", "\"input\":[\"lengths=4,4,4\",\"x\",\"y\"]").await;
}

#[tokio::test]
async fn where_other_numbers_are_asked_for_nothing_is_checked_or_learned() {
    for more in [
        "\"output_dtype\":\"int8\"",
        "\"output_dtype\":\"ubinary\",\"output_dimension\":32",
        "\"output_dtype\":\"binary\",\"dimensions\":8",
        "\"embedding_types\":[\"int8\"]",
        "\"embedding_types\":[\"float\",\"ubinary\"],\"dimensions\":8",
    ] {
        let pair = Vectors::start(as_told).await;
        pair.assert_answered_by("inst_a", &format!("\"input\":\"lengths=7\",{more}")).await;
        pair.assert_answered_by("inst_a", &format!("\"input\":[\"lengths=7,1,9\",\"x\"],{more}")).await;
        assert_eq!(pair.learned(), [], "{more}");
        // Nor against what is known.
        pair.assert_answered_by("inst_a", "\"input\":\"lengths=4\"").await;
        pair.assert_answered_by("inst_a", &format!("\"input\":\"lengths=7\",{more}")).await;
        assert_eq!(pair.learned(), of(&[("inst_a", 4)]), "{more}");
    }
    let by_type = "{\"data\":[{\"index\":0,\"embedding\":{\"int8\":[1,2],\"ubinary\":[1]}}]}";
    let pair = Vectors::start(|_| by_type.to_owned()).await;
    pair.assert_answered_by("inst_a", "\"input\":\"one\",\"embedding_types\":[\"int8\",\"ubinary\"]").await;
}

#[tokio::test]
async fn base64_is_read_as_floats_of_four_bytes() {
    for length in 1..=9_usize {
        // Bytes whose base64 has slashes, which some servers escape.
        let padded = BASE64_STANDARD.encode(vec![0xff; length * 4]);
        for text in [padded.clone(), padded.trim_end_matches('=').to_owned(), padded.replace('/', "\\/")] {
            let body = list(&[&format!("\"{text}\"")]);
            let pair = Vectors::start_both(move |_| body.clone(), |_| list(&[])).await;
            pair.assert_answered_by("inst_a", "\"input\":\"one\",\"encoding_format\":\"base64\"").await;
            assert_eq!(pair.learned(), of(&[("inst_a", length as u64)]), "{text}");
        }
    }
}

#[tokio::test]
async fn the_form_is_read_from_the_answer_whatever_was_asked() {
    let base64 = format!("\"{}\"", BASE64_STANDARD.encode([0; 16]));
    for (vector, format) in [
        ("[1,2,3,4]", ",\"encoding_format\":\"base64\""),
        (&*base64, ""),
        (&*base64, ",\"encoding_format\":\"float\""),
    ] {
        let body = list(&[vector]);
        let pair = Vectors::start(move |_| body.clone()).await;
        pair.assert_answered_by("inst_a", &format!("\"input\":\"one\"{format}")).await;
        assert_eq!(pair.learned(), of(&[("inst_a", 4)]), "{vector}");
        // Both forms of one length are alike.
        pair.assert_answered_by("inst_a", "\"input\":\"one\",\"dimensions\":4").await;
        pair.assert_answered_by("inst_b", "\"input\":\"one\",\"dimensions\":3").await;
    }
    let mixed = list(&[&base64, "[1,2,3,4]"]);
    let pair = Vectors::start(move |_| mixed.clone()).await;
    pair.assert_answered_by("inst_a", "\"input\":[\"one\",\"two\"]").await;
}

#[tokio::test]
async fn numbers_count_however_they_are_written() {
    let item = |members: &str| format!("{{\"data\":[{{{members}}}],\"model\":\"m\"}}");
    for body in [
        list(&["[1e-3,-0.0,1E+5,0]"]),
        list(&["[ 1e-3 ,\n-0.0,\r\n\t1.5E-10 , 0 ]"]),
        list(&["\n [\n1,\n2,\n3,\n4\n]\n"]),
        // Not a number in Python, and in its JSON; null in others.
        list(&["[null,1,null,2]"]),
        list(&["[1,null,2,null]"]),
        item("\"embedding\":[1,2,3,4],\"index\":0,\"more\":{\"a\":[1,2],\"b\":{\"c\":[[1],[2]]}}"),
        item("\"more\":{\"embedding\":[1],\"data\":[{\"embedding\":[1,2]}]},\"embedding\":[1,2,3,4]"),
        item("\"text\":\"\\\"embedding\\\":[1]\",\"embedding\":[1,2,3,4],\"note\":\"],[\""),
        item("\"\\u0065mbedding\":[1,2,3,4]"),
        "{\"meta\":{\"data\":[]},\"data\":[{\"embedding\":[1,2,3,4]}],\"metadata\":[1,{}]}".to_owned(),
    ] {
        let text = body.clone();
        let pair = Vectors::start_both(move |_| text.clone(), |_| list(&[])).await;
        let answer = pair.embed("\"input\":\"one\"").await;
        assert_eq!((answer.status, answer.text().as_str()), (200, body.as_str()));
        assert_eq!(pair.learned(), of(&[("inst_a", 4)]), "{body}");
    }
}
