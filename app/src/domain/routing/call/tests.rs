//! Extraction from well-formed and malformed calls.

use proptest::prelude::*;

use super::*;
use crate::domain::{api::Api, wire::body::RequestFields};

fn read(messages: &str) -> CallText {
    read_keyed(messages, 7)
}

fn read_keyed(messages: &str, key: u64) -> CallText {
    let fields = RequestFields { messages: Some(messages), ..RequestFields::default() };
    Api::ChatCompletions.rules().call_text(&fields, key)
}

#[test]
fn user_turns_are_read_from_text_and_from_text_parts() {
    let call = read(
        r#"[{"role":"system","content":"s"},
            {"role":"user","content":"one"},
            {"role":"assistant","content":"a"},
            {"role":"user","content":[{"type":"text","text":"t\u0077o"},
                                      {"type":"image_url","image_url":{"url":"data:"},"text":"no"},
                                      {"type":"input_text","text":"three"}]}]"#,
    );
    assert_eq!(call.user_turns, ["one", "two\nthree"]);
    assert_eq!(call.latest(), Some("two\nthree"));
    assert!(!call.ends_in_tool);
}

#[test]
fn a_last_user_turn_without_text_leaves_nothing_to_classify() {
    for messages in [
        r#"[{"role":"user","content":"one"},{"role":"user","content":[{"type":"image_url"}]}]"#,
        r#"[{"role":"user","content":"  "}]"#,
        r#"[{"role":"user"}]"#,
        r#"[{"role":"assistant","content":"a"}]"#,
        "[]",
        "null",
        r#""text""#,
        r#"[1,[],{"role":7,"content":{}}]"#,
    ] {
        assert_eq!(read(messages).latest(), None, "{messages}");
    }
}

#[test]
fn a_call_that_ends_in_tool_results_says_so() {
    let calls = r#"[{"role":"user","content":"u"},{"role":"assistant","tool_calls":[]},{"role":"tool","content":"r"}"#;
    assert!(read(&format!("{calls}]")).ends_in_tool);
    assert!(!read(&format!(r#"{calls},{{"role":"user","content":"next"}}]"#)).ends_in_tool);
}

#[test]
fn only_the_last_turns_are_kept() {
    let turns: Vec<String> = (0..50).map(|n| format!(r#"{{"role":"user","content":"{n}"}}"#)).collect();
    let call = read(&format!("[{}]", turns.join(",")));
    assert_eq!(call.user_turns.len(), TURNS_KEPT);
    assert_eq!(call.latest(), Some("49"));
}

#[test]
fn half_a_surrogate_pair_in_one_turn_spoils_no_other() {
    let call = read(r#"[{"role":"user","content":"\ud83d"},{"role":"user","content":"fine","n":1e999}]"#);
    assert_eq!(call.latest(), Some("fine"));
}

#[test]
fn the_text_of_an_embeddings_call_is_the_first_string_of_its_input() {
    assert_eq!(CallText::of_first_text(r#""one""#).latest(), Some("one"));
    assert_eq!(CallText::of_first_text(r#"["one", "two"]"#).latest(), Some("one"));
    assert_eq!(CallText::of_first_text("[1, 2, 3]").latest(), None);
    assert_eq!(CallText::of_first_text("[[1, 2], [3]]").latest(), None);
}

#[test]
fn a_conversation_is_known_by_its_beginning_within_its_key_and_balancer() {
    let opening = |rest: &str| {
        read(&format!(r#"[{{"role":"system","content":"s"}},{{"role":"user","content":"hello"}}{rest}]"#))
            .opening
    };
    let later = opening(r#",{"role":"assistant","content":"a"},{"role":"user","content":"more"}"#);
    assert_eq!(opening(""), later);
    assert_ne!(opening(""), read(r#"[{"role":"user","content":"hello"}]"#).opening);

    let key = conversation_key(None, "key_1", "sb_1", later);
    assert_eq!(key, conversation_key(None, "key_1", "sb_1", later));
    assert_ne!(key, conversation_key(None, "key_2", "sb_1", later));
    assert_ne!(key, conversation_key(None, "key_1", "sb_2", later));
}

#[test]
fn a_named_session_holds_whatever_the_conversation_began_with() {
    assert_eq!(conversation_key(Some("s"), "k", "b", 1), conversation_key(Some("s"), "k", "b", 2));
    assert_ne!(conversation_key(Some("s"), "k", "b", 1), conversation_key(Some("t"), "k", "b", 1));
}

#[test]
fn a_turn_is_known_by_role_and_text_of_everything_up_to_the_last_user_message() {
    let begun = r#"{"role":"system","content":"s"},{"role":"user","content":"hi"}"#;
    let turn = |rest: &str| read(&format!("[{begun}{rest}]")).turn;
    let code = r#",{"role":"assistant","content":"a"},{"role":"user","content":"write Rust"}"#;
    let trip = code.replace("write Rust", "holiday tips");
    let called = r#",{"role":"assistant","content":null,"tool_calls":[]},{"role":"tool","content":"42"}"#;
    assert_eq!(turn(code), turn(&format!("{code}{called}")));
    assert_eq!(turn(code), turn(&format!("{code}{called}{called}")));
    assert_ne!(turn(code), turn(&trip));
    assert_ne!(turn(code), turn(""));
    assert_ne!(turn(code), turn(&code.replace(r#""a""#, r#""b""#)), "what the assistant said is part of it");
    assert_ne!(turn(code), read_keyed(&format!("[{begun}{code}]"), 8).turn, "the hash is keyed");

    let marked = code.replace(
        r#""content":"write Rust""#,
        r#""content":[{"type":"text","text":"write Rust","cache_control":{"type":"ephemeral"}}]"#,
    );
    assert_eq!(turn(code), turn(&marked), "a mark for a cache is no text");
}

#[test]
fn a_mark_for_a_cache_does_not_begin_another_conversation() {
    let plain = read(r#"[{"role":"system","content":"s"},{"role":"user","content":"hi"}]"#);
    let part = r#"[{"type":"text","text":"s","cache_control":{"type":"ephemeral"}}]"#;
    let marked = read(&format!(r#"[{{"role":"system","content":{part}}},{{"role":"user","content":"hi"}}]"#));
    assert_eq!(plain.opening, marked.opening);
}

#[test]
fn a_body_names_its_session_as_common_clients_do() {
    let session = |conversation, metadata| session_in_body(conversation, metadata).map(Cow::into_owned);
    assert_eq!(session(Some(r#""c1""#), None).as_deref(), Some("c1"));
    assert_eq!(session(Some(r#"{"id":"c2"}"#), None).as_deref(), Some("c2"));
    assert_eq!(session(None, Some(r#"{"session_id":"m"}"#)).as_deref(), Some("m"));
    assert_eq!(session(Some(r#""c1""#), Some(r#"{"session_id":"m"}"#)).as_deref(), Some("c1"));
    for nothing in [(Some("null"), Some("null")), (Some(r#""""#), Some("{}")), (Some("7"), Some("[]"))] {
        assert_eq!(session(nothing.0, nothing.1), None);
    }
}

#[test]
fn a_short_turn_comes_with_what_the_assistant_said_before_it() {
    let said = |content: &str, turn: &str| {
        let messages = format!(
            r#"[{{"role":"user","content":"Plan a trip"}},
                {{"role":"assistant","content":"Where to?"}},
                {{"role":"user","content":"Rome"}},
                {{"role":"assistant","content":{content}}},
                {{"role":"tool","content":"42"}},
                {{"role":"user","content":{turn}}},
                {{"role":"assistant","content":"Later."}}]"#
        );
        read(&messages).assistant_turn
    };
    let short = r#""yes please""#;
    assert_eq!(said(r#""Shall I book it?""#, short).as_deref(), Some("Shall I book it?"));
    let parts = r#"[{"type":"text","text":"Shall I"},{"type":"text","text":"book it?"}]"#;
    assert_eq!(said(parts, short).as_deref(), Some("Shall I\nbook it?"));
    for nothing in ["null", r#""""#, "[]", r#"[{"type":"tool_use"}]"#] {
        assert_eq!(said(nothing, short).as_deref(), Some("Where to?"), "{nothing}");
    }
    for (turn, is_short) in [
        ("a b c d e", true),
        ("a b c d e f", false),
        ("", true),
        ("はい、お願いします", true),
        ("東京から大阪までの新幹線の切符を予約してください", false),
    ] {
        assert_eq!(said(r#""?""#, &format!("\"{turn}\"")).is_some(), is_short, "{turn}");
    }
    assert_eq!(read(r#"[{"role":"user","content":"hi"}]"#).assistant_turn, None);
}

proptest! {
    #[test]
    fn reading_never_fails(garbage in "[\\[\\]{}\",:\\\\ a0é]{0,60}") {
        let _ = read(&garbage);
        let _ = CallText::of_first_text(&garbage);
    }
}
