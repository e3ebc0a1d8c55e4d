//! The pass takes what a general parser takes, and finds the same members.

use proptest::{prelude::*, sample::select};
use serde::de::IgnoredAny;

use super::*;
use crate::domain::wire::raw_json;

/// The members, if the text is an object.
fn found(text: &str) -> Option<Vec<Member<'_>>> {
    let mut found = Vec::new();
    members(text, |it| found.push(it)).then_some(found)
}

/// The same by a general parser, for texts that are not too deep.
fn expected(text: &str) -> Option<Vec<Member<'_>>> {
    let is_valid = serde_json::from_str::<IgnoredAny>(text).is_ok();
    (is_valid && text.trim_start().starts_with('{')).then(|| raw_json::members(text).collect())
}

#[test]
fn what_is_no_object_is_refused() {
    for text in [
        "",
        " ",
        "{",
        "}",
        "[]",
        "{}{}",
        "{} x",
        "null",
        "{,}",
        r#"{"a"}"#,
        r#"{"a":}"#,
        r#"{"a" 1}"#,
        r#"{"a":1,}"#,
        r#"{"a":1 "b":2}"#,
        r#"{"a":[1,]}"#,
        r#"{"a":[1 2]}"#,
        r#"{"a":[1}}"#,
        r#"{"a":{"b":1]}"#,
        r#"{"a":[,1]}"#,
        r#"{"a":{,"b":1}}"#,
        r#"{'a':1}"#,
        r#"{a:1}"#,
        r#"{"a":tru}"#,
        r#"{"a":True}"#,
        r#"{"a":nullx}"#,
        r#"{"a":01}"#,
        r#"{"a":-}"#,
        r#"{"a":+1}"#,
        r#"{"a":.5}"#,
        r#"{"a":1.}"#,
        r#"{"a":1e}"#,
        r#"{"a":1e+}"#,
        r#"{"a":0x1}"#,
        r#"{"a":NaN}"#,
        r#"{"a":"}"#,
        r#"{"a":"\"}"#,
        r#"{"a":"\x"}"#,
        r#"{"a":"\u12g4"}"#,
        r#"{"a":"\u123"}"#,
        "{\"a\":\"\n\"}",
        "{\"a\":\"\u{0}\"}",
        "{\"a\u{1f}\":1}",
        "\u{feff}{}",
        "{\"a\":1}\u{a0}",
    ] {
        assert_eq!(found(text), None, "{text}");
        assert_eq!(expected(text), None, "{text}");
    }
}

#[test]
fn odd_objects_are_taken() {
    for text in [
        "{}",
        " \r\n\t{ } ",
        r#"{"":""}"#,
        r#"{"a":-0.0e-00,"a":1E400, "b" : [ ] ,"c":{ }}"#,
        r#"{"a":"\ud800\u0000\/\"\\\b\f\n\r\t","\u0061":[[],{},[{"x":[null,true,false]}]]}"#,
        "{\"a\":\"\u{7f}é😀\"}",
    ] {
        assert!(found(text).is_some(), "{text}");
        assert_eq!(found(text), expected(text), "{text}");
    }
}

#[test]
fn nesting_has_a_bound() {
    let nested = |inside: usize, open: &str, close: &str| {
        format!(r#"{{"a":{}1{}}}"#, open.repeat(inside), close.repeat(inside))
    };
    for (open, close) in [("[", "]"), (r#"{"a":"#, "}"), (r#"[0,{"a":"#, "}]")] {
        let levels = open.matches(['[', '{']).count();
        let most = (DEEPEST - 1) / levels;
        assert!(found(&nested(most, open, close)).is_some(), "{open}");
        assert_eq!(found(&nested(most + 1, open, close)), None, "{open}");
    }
}

/// Pieces of which valid and nearly valid texts are made.
fn pieces() -> impl Strategy<Value = String> {
    let piece = select(vec![
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        " ",
        "\n",
        "\"a\"",
        "\"model\"",
        "\"\\n\\u00e9\"",
        "\"é\"",
        "\"",
        "\\",
        "0",
        "-1.5e3",
        "12",
        ".",
        "e",
        "-",
        "true",
        "null",
        "fals",
        "{\"a\":1}",
        "{\"a\":[1,{}]}",
        "\u{1}",
    ]);
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn it_agrees_with_a_general_parser(inside in pieces(), whole in pieces()) {
        for text in [whole, format!("{{\"a\":{inside}}}"), format!("{{{inside}}}"), format!("{{\"a\":[{inside}]}}")] {
            prop_assert_eq!(found(&text), expected(&text), "{}", text);
        }
    }

    #[test]
    fn long_strings_are_searched_to_their_end(before in 0_usize..200, odd in any::<char>(), behind in 0_usize..200) {
        let text = format!("{{\"a\":\"{}{odd}{}\"}}", "x".repeat(before), "y".repeat(behind));
        prop_assert_eq!(found(&text), expected(&text), "{}", text);
    }
}
