//! The fast path against a plain model, its bounds, and its quality on generated streams.

#![expect(clippy::unwrap_used, reason = "tests")]

mod bounds;
mod generated;
mod model;
mod quality;
mod scenarios;
mod stored;

use proptest::prelude::*;

use super::*;
use crate::domain::routing::fast_path;

#[test]
fn short_texts_are_not_eligible() {
    for text in ["", "yes please", "  ok  ", "? ! - …", "a b", "translate:", "天気は？", "ลาก่อน", "one — two"]
    {
        assert!(!is_eligible(text), "{text}");
    }
    for text in [
        "fix this loop",
        "a b c",
        "今日の天気を教えて",
        "ราคาเท่าไหร่ครับ",
        "why  does\nit fail",
        "что это такое",
    ] {
        assert!(is_eligible(text), "{text}");
    }
}

#[test]
fn wilsons_bound_has_its_known_values() {
    for (share, n, bound) in
        [(1.0, 30, 0.9173), (0.97, 200, 0.9430), (0.9, 100, 0.8397), (0.0, 50, 0.0), (0.5, 0, 0.0)]
    {
        assert!(
            (wilson_lower_bound(share, n) - bound).abs() < 2e-3,
            "{share} of {n}: {}",
            wilson_lower_bound(share, n)
        );
    }
}

#[test]
fn an_alarm_ends_after_ten_agreements_in_a_row() {
    let mut alarm = Alarm::default();
    assert_eq!((alarm.is_on(), alarm.rate()), (false, EXPLORATION_RATE));
    alarm = alarm.after(true);
    assert!(!alarm.is_on());
    for agreed in [&[false][..], &[true; 9], &[false], &[true; 9]].concat() {
        alarm = alarm.after(agreed);
        assert_eq!((alarm.is_on(), alarm.rate()), (true, ALARM_RATE));
    }
    assert!(!alarm.after(true).is_on());
}

#[test]
fn values_without_a_direction_are_no_embedding() {
    for values in [&[][..], &[0.0, 0.0], &[f32::NAN, 1.0], &[f32::INFINITY, 1.0], &[1.0; MAX_DIMENSIONS + 1]]
    {
        assert_eq!(Embedding::of(values), None);
    }
    for values in
        [&[f32::MAX, f32::MAX][..], &[f32::MIN_POSITIVE, 0.0], &[1e-40, 1e-40], &[1.0; MAX_DIMENSIONS]]
    {
        let embedding = Embedding::of(values).unwrap();
        assert!((embedding.cosine(&embedding) - 1.0).abs() < 1e-5, "{:?}", &values[..2]);
    }
}

#[test]
fn an_embedding_is_read_from_numbers_and_from_base64() {
    let expected = Embedding::of(&[1.0, -0.5, 0.25]);
    for vector in
        ["[1, -0.5,0.25]", "[1e0,-5e-1,2.5E-1]", r#""AACAPwAAAL8AAIA+""#, r#""AACAPwAAAL8AAIA\u002b""#]
    {
        let body = format!(r#"{{"object":"list","data":[{{"index":0,"embedding":{vector}}}],"model":"m"}}"#);
        assert_eq!(read_embedding(&body), expected, "{vector}");
    }
    let one = "{\"embedding\":[1]}";
    for data in [
        "[]",
        "{}",
        "null",
        "[{}]",
        "[{\"embedding\":[]}]",
        "[{\"embedding\":[null]}]",
        &format!("[{one},{one}]"),
    ] {
        assert_eq!(read_embedding(&format!("{{\"data\":{data}}}")), None, "{data}");
    }
    for base64 in ["A", "AACAPwA", "AACA Pw", "AACAPw==AACAPw==", "AAAAAA==", "AADAfw=="] {
        assert_eq!(
            read_embedding(&format!("{{\"data\":[{{\"embedding\":\"{base64}\"}}]}}")),
            None,
            "{base64}"
        );
    }
    assert_eq!(embedding_request("m", "a \"b\""), br#"{"input":"a \"b\"","model":"m"}"#);
}

proptest! {
    #[test]
    fn any_answer_is_read_without_harm(body in ".*") {
        read_embedding(&body);
        read_embedding(&format!("{{\"data\":[{{\"embedding\":{body:?}}}]}}"));
    }

    #[test]
    fn components_survive_being_stored(values in prop::collection::vec(-1.0_f32..1.0, 1..200)) {
        if let Some(embedding) = Embedding::of(&values) {
            prop_assert_eq!(Embedding::from_components(&embedding.components()), Some(embedding.clone()));
            prop_assert_eq!(embedding.components().len(), values.len());
        }
    }
}
