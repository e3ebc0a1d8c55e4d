//! Accepted and refused bodies, and rewriting.

use proptest::prelude::*;
use serde_json::{Map, Value};

use super::*;

fn error(body: &str) -> Option<BodyError> {
    scan(body.as_bytes()).err()
}

/// The body with this model; `None` keeps the caller's.
fn spliced(body: &str, model: Option<&str>) -> String {
    let Ok(scanned) = scan(body.as_bytes()) else { return String::new() };
    let name = model_json(model.unwrap_or(&scanned.model));
    let segments = scanned.template();
    let piece = |it: &Segment| match it {
        Segment::Kept(range) => body[range.clone()].to_owned(),
        Segment::Model => name.clone(),
    };
    segments.iter().map(piece).collect()
}

#[test]
fn a_chat_body_is_read() {
    let body = br#" {"model":"a/b", "stream": true, "messages": [{"role":"user"}], "input": null} "#;
    let body = scan(body);
    let body = body.as_ref();
    assert_eq!(body.map(|it| &*it.model), Ok("a/b"));
    assert_eq!(body.map(|it| it.stream), Ok(true));
    assert_eq!(body.map(|it| it.fields.messages), Ok(Some(r#"[{"role":"user"}]"#)));
    assert_eq!(body.map(|it| it.fields.input), Ok(None), "null is absent");
}

#[test]
fn an_embeddings_body_is_read() {
    let body = scan(br#"{"model":"e","input":["x"],"dimensions":256,"encoding_format":"base64"}"#);
    let body = body.as_ref();
    assert_eq!(body.map(|it| (it.fields.input, it.fields.dimensions)), Ok((Some(r#"["x"]"#), Some("256"))));
}

#[test]
fn stream_is_true_false_or_nothing() {
    let stream = |value: &str| {
        let body = format!(r#"{{"model":"m","stream":{value},"messages":[]}}"#);
        scan(body.as_bytes()).map(|it| it.stream)
    };
    assert_eq!([stream("true"), stream("false"), stream("null")], [Ok(true), Ok(false), Ok(false)]);
    for other in ["1", "\"true\"", "[]", "{}"] {
        assert_eq!(stream(other), Err(BodyError::StreamNotBoolean), "{other}");
    }
}

#[test]
fn members_are_known_by_escaped_names_too() {
    let body = scan(br#"{"\u006dodel":"m","\u0069nput":"x"}"#);
    let body = body.as_ref();
    assert_eq!(body.map(|it| (&*it.model, it.fields.input)), Ok(("m", Some("\"x\""))));
}

#[test]
fn bad_syntax_is_told_with_line_and_column() {
    assert_eq!(error("{\n  \"model\": x}"), Some(BodyError::Syntax { line: 2, column: 12 }));
    for body in [
        "",
        "{",
        "{\"model\":\"m\"} x",
        "{\"model\":\"m\"}{}",
        "\u{feff}{\"model\":\"m\"}",
        "{\"model\":\"a\nb\"}",
    ] {
        assert!(matches!(error(body), Some(BodyError::Syntax { .. })), "{body:?}");
    }
    assert!(matches!(error("{\"model\":\"m\",\"t\":NaN}"), Some(BodyError::Syntax { .. })));
}

#[test]
fn bytes_that_are_no_utf8_are_told_with_line_and_column() {
    assert_eq!(scan(b"{\n\"a\xff\"}").err(), Some(BodyError::NotUtf8 { line: 2, column: 3 }));
}

#[test]
fn nesting_of_100_passes_and_of_200_is_refused() {
    let nested = |levels: usize| {
        format!(r#"{{"model":"m","messages":{}{}}}"#, "[".repeat(levels - 1), "]".repeat(levels - 1))
    };
    assert_eq!(error(&nested(100)), None);
    assert_eq!(error(&nested(DEEPEST)), None);
    assert_eq!(error(&nested(DEEPEST + 1)), Some(BodyError::TooDeep));
    assert_eq!(error(&nested(200)), Some(BodyError::TooDeep));
    assert_eq!(error(&nested(100_000)), Some(BodyError::TooDeep));
}

#[test]
fn brackets_in_text_are_no_nesting() {
    assert_eq!(error(&format!(r#"{{"model":"m","messages":["{}"]}}"#, "[\\\"".repeat(500))), None);
}

#[test]
fn two_models_are_refused_in_any_spelling() {
    for second in [r#""model""#, r#""mod\u0065l""#, r#""\u006dodel""#] {
        assert_eq!(error(&format!(r#"{{"model":"a",{second}:"b"}}"#)), Some(BodyError::DuplicateModel));
    }
    assert_eq!(error(r#"{"model":"a","metadata":{"model":"b"}}"#), None, "a nested one is another's");
}

#[test]
fn a_missing_model_and_one_that_is_no_text_are_errors_of_their_own() {
    assert_eq!(error("{}"), Some(BodyError::ModelMissing));
    assert_eq!(error(r#"{"model":null}"#), Some(BodyError::ModelNotText));
    assert_eq!(error("[]"), Some(BodyError::NotAnObject));
    assert_eq!(BodyError::ModelMissing.param(), Some("model"));
}

#[test]
fn legal_oddities_pass_as_written() {
    let body =
        r#"{"model":"m","t":1e999,"s":"\ud83d","x":1,"x":2,"n":-0.0,"big":123456789012345678901234567890}"#;
    assert_eq!(spliced(body, None), body);
    assert_eq!(spliced(body, Some("n")), body.replace(r#""m""#, r#""n""#));
}

#[test]
fn credentials_and_addresses_are_left_out_in_any_place_and_spelling() {
    for (body, expected) in [
        (r#"{"api_key":"k","model":"m"}"#, r#"{"model":"u"}"#),
        (r#"{"model":"m", "api_base" : "x" }"#, r#"{"model":"u"}"#),
        (
            r#"{"api_key":1,"base_url":2,"a":3,"user_config":{"api_key":1},"model":"m"}"#,
            r#"{"a":3,"model":"u"}"#,
        ),
        (r#"{ "a" : 1 , "api\u005fkey" : [1,2] , "model" : "m" }"#, r#"{ "a" : 1 , "model" : "u" }"#),
    ] {
        assert_eq!(spliced(body, Some("u")), expected);
    }
}

#[test]
fn a_model_name_cannot_break_out_of_its_quotes() {
    assert_eq!(spliced(r#"{"model":"m"}"#, Some("a\",\"x\":\"\\")), r#"{"model":"a\",\"x\":\"\\"}"#);
}

#[test]
fn a_template_keeps_the_callers_bytes_around_one_hole() {
    let body = r#"{"model":"m","api_key":"k","messages":[]}"#;
    let segments = scan(body.as_bytes()).map(|it| it.template());
    assert_eq!(segments, Ok(vec![Segment::Kept(0..9), Segment::Model, Segment::Kept(26..body.len())]));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn any_bytes_are_read_or_refused_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = scan(&bytes);
    }

    #[test]
    fn json_like_text_is_refused_exactly_where_a_parser_refuses_it(text in "[{}\\[\\]\",:a1 \\\\u]{0,30}") {
        let syntax_ok = serde_json::from_str::<Value>(&text).is_ok();
        let refused = matches!(error(&text), Some(BodyError::Syntax { .. }));
        // A JSON tree cannot represent some valid text (half surrogates), so its parser may refuse more, but never
        // less.
        prop_assert!(!(syntax_ok && refused), "{}", text);
    }

    #[test]
    fn what_is_written_anew_is_the_old_body_less_what_is_dropped(
        keys in prop::collection::vec(
            prop::sample::select(vec!["a", "model ", "api_key", "base_url", "messages", "Model", "api_base", "z"]), 0..8),
        at in any::<prop::sample::Index>(),
        blank in "[ \n\t]{0,2}",
    ) {
        let mut keys = keys;
        keys.insert(at.index(keys.len() + 1), "model");
        let members: Vec<String> = keys
            .iter()
            .enumerate()
            .map(|(n, key)| {
                let value = if *key == "model" { "\"m\"".to_owned() } else { n.to_string() };
                format!("{blank}\"{key}\"{blank}:{blank}{value}{blank}")
            })
            .collect();
        let text = format!("{{{}}}", members.join(","));
        let anew = spliced(&text, Some("u"));
        let mut expected: Map<String, Value> = serde_json::from_str(&text).unwrap_or_default();
        expected.retain(|key, _| !DROPPED.contains(&key.as_str()));
        expected.insert("model".to_owned(), Value::from("u"));
        prop_assert_eq!(serde_json::from_str::<Map<String, Value>>(&anew).ok(), Some(expected), "{}", anew);
    }
}
