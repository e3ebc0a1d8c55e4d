//! Vectors: how many, and how long.

use proptest::prelude::*;

use super::*;
use crate::domain::{routing::outcome::Outcome, wire::raw_json};

fn answer(vectors: &[&str]) -> String {
    let items: Vec<_> =
        vectors.iter().map(|it| format!("{{\"object\":\"embedding\",\"embedding\":{it}}}")).collect();
    format!("{{\"object\":\"list\",\"data\":[{}],\"model\":\"m\"}}", items.join(","))
}

#[test]
fn every_vector_and_their_number_count() {
    let check =
        |vectors: &[&str], input, asked, known| check_embeddings(&answer(vectors), input, asked, known);
    let native = LengthRequest::Native;
    assert_eq!(check(&["[1, -2e3,0.5]"], "\"a\"", native, None), Ok(Some(3)));
    assert_eq!(check(&["[1,2]", "[1,2]"], r#"["a","b"]"#, native, Some(2)), Ok(Some(2)));
    assert_eq!(check(&["[1,2]", "[1]"], r#"["a","b"]"#, native, None), Err(Outcome::DimensionMismatch));
    assert_eq!(check(&["[1]"], "\"a\"", native, Some(2)), Err(Outcome::DimensionMismatch));
    assert_eq!(check(&["[1]"], r#"["a","b"]"#, native, None), Err(Outcome::EmptyAnswer));
    assert_eq!(check(&["[1]", "[1]"], "\"a\"", native, None), Err(Outcome::EmptyAnswer));
    assert_eq!(check(&[], "\"a\"", native, None), Err(Outcome::EmptyAnswer));
    assert_eq!(check(&["[]"], "\"a\"", native, None), Err(Outcome::EmptyAnswer));
    assert_eq!(check(&["[1]"], "[5,6,7]", native, None), Ok(Some(1)), "tokens of one text");
    assert_eq!(check(&["[1]", "[1]"], "[[5],[6,7]]", native, None), Ok(Some(1)));
    assert_eq!(check(&["[1]", "[1]"], r#"[{"text":"a"},{"image":"b"}]"#, native, None), Ok(Some(1)));
    assert_eq!(check(&["[1]"], "\"a\"", LengthRequest::Exactly(1), Some(9)), Ok(None), "nothing is learned");
    assert_eq!(check(&["[1,2]"], "\"a\"", LengthRequest::Exactly(1), None), Err(Outcome::DimensionMismatch));
    assert_eq!(check(&["[1,2]", "[1]"], "\"a\"", LengthRequest::Unchecked, Some(9)), Ok(None));
}

#[test]
fn base64_is_known_by_the_answer_whatever_was_asked() {
    let base64 = "\"AAAAAAAAAAAAAAAAAAAAAAAAAAA=\"";
    assert_eq!(check_embeddings(&answer(&[base64]), "\"a\"", LengthRequest::Native, None), Ok(Some(5)));
    let escaped = "\"A\\/AAAAAAAAAAAAAAAAAAAAAAAAA=\"";
    assert_eq!(check_embeddings(&answer(&[escaped]), "\"a\"", LengthRequest::Native, None), Ok(Some(5)));
}

#[test]
fn what_a_call_asks_for() {
    let of = |fields: RequestFields<'static>| LengthRequest::of(&fields);
    let none = RequestFields::default();
    assert_eq!(of(none), LengthRequest::Native);
    assert_eq!(of(RequestFields { dimensions: Some("256"), ..none }), LengthRequest::Exactly(256));
    assert_eq!(of(RequestFields { dimensions: Some("0"), ..none }), LengthRequest::Unchecked);
    assert_eq!(of(RequestFields { output_dimension: Some("8"), ..none }), LengthRequest::Exactly(8));
    assert_eq!(of(RequestFields { output_dtype: Some("\"float\""), ..none }), LengthRequest::Native);
    assert_eq!(
        of(RequestFields { output_dtype: Some("\"ubinary\""), dimensions: Some("8"), ..none }),
        LengthRequest::Unchecked
    );
    assert_eq!(of(RequestFields { embedding_types: Some("[\"int8\"]"), ..none }), LengthRequest::Unchecked);
}

proptest! {
    #[test]
    fn elements_are_counted_as_a_parser_counts_them(
        values in prop::collection::vec(
            prop_oneof![
                any::<i32>().prop_map(serde_json::Value::from),
                any::<f64>().prop_map(serde_json::Value::from),
                "[a-z\\[\\],\"]{0,4}".prop_map(serde_json::Value::from),
                Just(serde_json::json!({})),
                Just(serde_json::json!({"a": [1, 2]})),
                Just(serde_json::json!([1, [2], 3])),
            ],
            0..12,
        ),
    ) {
        let length = values.len();
        let text = serde_json::Value::from(values.clone()).to_string();
        prop_assert_eq!(raw_json::count_elements(&text), length, "{}", text);
        let nested = format!("[{text},{text}]");
        prop_assert_eq!(raw_json::elements(&nested).collect::<Vec<_>>(), vec![text.as_str(); 2]);
    }
}
