//! Raw values agree with a JSON tree, and nothing panics.

use proptest::prelude::*;
use serde_json::{Map, Value};

use super::*;

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        "[\\[\\]{}\",:\\\\ ]{0,6}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::btree_map(any::<String>(), inner, 0..6)
                .prop_map(|map| Value::Object(map.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

fn written(value: &Value, pretty: bool) -> String {
    if pretty { format!(" {value:#}\n") } else { value.to_string() }
}

proptest! {
    #[test]
    fn members_are_those_of_a_tree(value in any_value(), pretty in any::<bool>()) {
        let text = written(&value, pretty);
        let mut read = Map::new();
        for member in members(&text) {
            prop_assert_eq!(&text[member.value_at.clone()], member.value);
            read.insert(unescaped(member.key).into_owned(), serde_json::from_str(member.value).unwrap_or_default());
        }
        prop_assert_eq!(read, value.as_object().cloned().unwrap_or_default());
    }

    #[test]
    fn elements_are_those_of_a_tree(value in any_value(), pretty in any::<bool>()) {
        let text = written(&value, pretty);
        let read: Vec<Value> = elements(&text).map(|it| serde_json::from_str(it).unwrap_or_default()).collect();
        prop_assert_eq!(read, value.as_array().cloned().unwrap_or_default());
    }

    #[test]
    fn an_object_is_open_up_to_its_last_brace(value in any_value(), pretty in any::<bool>()) {
        let text = written(&serde_json::json!({ "value": value }), pretty).into_bytes();
        let (first, last) = (text.len() - text.trim_ascii_start().len(), text.trim_ascii_end().len() - 1);
        for end in 0..=text.len() {
            prop_assert_eq!(is_open(&text[..end]), (first + 1..=last).contains(&end), "{}", end);
        }
    }

    #[test]
    fn text_is_what_a_tree_reads(value in any::<String>()) {
        let written = Value::from(value.as_str()).to_string();
        prop_assert_eq!(text(&written).map(Cow::into_owned), Some(value));
    }

    #[test]
    fn what_is_no_json_ends_and_does_not_panic(garbage in "[\\[\\]{}\",:\\\\ a0é]{0,40}") {
        prop_assert!(members(&garbage).count() <= garbage.len());
        prop_assert!(elements(&garbage).count() <= garbage.len());
        let _ = text(&garbage);
    }
}

#[test]
fn an_escaped_key_is_the_same_key() {
    let found = members(r#"{"mod\u0065l": 1}"#).next().is_some_and(|it| it.is("model"));
    assert!(found);
}

#[test]
fn half_a_surrogate_pair_reads_as_the_replacement_character() {
    assert_eq!(text(r#""a\ud83d""#).as_deref(), Some("a\u{fffd}\u{fffd}\u{fffd}"));
}

#[test]
fn text_without_escapes_is_borrowed() {
    assert!(matches!(text("\"plain\""), Some(Cow::Borrowed("plain"))));
    assert_eq!(text("12"), None);
}
