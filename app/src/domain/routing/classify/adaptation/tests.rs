use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::domain::{
    config::balancer::{Balancer, Route},
    routing::classify::{AnswerLimit, TokenField},
};

fn labels() -> Labels {
    let route = |name: &str| Route { name: name.to_owned(), ..Route::default() };
    Labels::of(&Balancer { routes: vec![route("code"), route("general")], ..Balancer::default() })
}

fn refusal(message: &str) -> Vec<u8> {
    json!({ "error": { "message": message } }).to_string().into_bytes()
}

fn completion(content: Value, finish_reason: &str, tokens: u64) -> Vec<u8> {
    let message = json!({ "role": "assistant", "content": content });
    let choice = json!({ "index": 0, "message": message, "finish_reason": finish_reason });
    json!({ "choices": [choice], "usage": { "completion_tokens": tokens } }).to_string().into_bytes()
}

/// The shape and the evidence after refusals with these messages, all of them asked again.
fn refused(messages: &[&str]) -> (RequestShape, Evidence) {
    let mut asking = Adaptation::new(RequestShape::default());
    for message in messages {
        assert_eq!(asking.after_refusal(400, &refusal(message)), NextStep::AskAgain, "{message}");
    }
    (asking.shape(), asking.evidence())
}

#[test]
fn a_refusal_changes_what_it_names_and_nothing_else() {
    let first = RequestShape::default();
    let renamed = RequestShape { token_field: TokenField::MaxCompletionTokens, ..first };
    assert_eq!(refused(&["no max_tokens"]), (renamed, Evidence::Named));
    let absent = RequestShape { token_field: TokenField::Absent, ..first };
    assert_eq!(refused(&["no max_tokens", "no max_completion_tokens"]), (absent, Evidence::Named));
    let both = RequestShape { omits_temperature: true, ..renamed };
    assert_eq!(refused(&["no max_tokens", "no temperature"]), (both, Evidence::Named));
    assert_eq!(refused(&["no max_tokens and no temperature"]), (both, Evidence::Named));
    let no_schema = RequestShape { omits_schema: true, ..first };
    assert_eq!(refused(&["no response_format"]), (no_schema, Evidence::Named));
    let merged = RequestShape { merges_system: true, ..first };
    assert_eq!(refused(&["System role not supported"]), (merged, Evidence::Named));
}

#[test]
fn a_refusal_without_a_name_is_asked_once_more_in_the_plainest_shape() {
    for status in [400, 404, 422, 500, 501] {
        let mut asking = Adaptation::new(RequestShape::default());
        assert_eq!(asking.after_refusal(status, b"?"), NextStep::AskAgain);
        assert_eq!(asking.shape(), RequestShape::default().plainest());
        assert_eq!(asking.evidence(), Evidence::Guessed);
        let end = if matches!(status, 400 | 422) { NextStep::NoAnswer } else { NextStep::Failed };
        assert_eq!(asking.after_refusal(status, b"?"), end, "{status}");
    }
    for status in [401, 403, 405, 429, 502, 503, 504, 529] {
        let mut asking = Adaptation::new(RequestShape::default());
        assert_eq!(asking.after_refusal(status, &refusal("no temperature")), NextStep::Failed, "{status}");
        assert_eq!(asking.evidence(), Evidence::Unchanged);
    }
}

#[test]
fn a_refusal_of_the_prompt_changes_no_shape() {
    let mut asking = Adaptation::new(RequestShape::default());
    let too_long = refusal("maximum context length is 10 tokens");
    assert_eq!(asking.after_refusal(400, &too_long), NextStep::AskAgain);
    assert!(asking.is_shortened());
    assert_eq!(asking.after_refusal(400, &too_long), NextStep::NoAnswer);
    assert_eq!(asking.after_refusal(500, &refusal("blocked by the content filter")), NextStep::NoAnswer);
    let mut repeated = Adaptation::new(RequestShape::default());
    assert_eq!(repeated.after_refusal(400, &refusal("Invalid JSON")), NextStep::AskAgain);
    assert_eq!((repeated.shape(), repeated.evidence()), (RequestShape::default(), Evidence::Unchanged));
    assert_eq!(repeated.after_refusal(400, &refusal("Invalid JSON")), NextStep::AskAgain);
    assert_eq!(repeated.shape(), RequestShape::default().plainest(), "a server that always says so");
    let bad_generation = refusal("Failed to generate JSON");
    let unread = NextStep::Read(String::new(), Answer::Invalid);
    assert_eq!(asking.after_refusal(400, &bad_generation), unread);
    assert_eq!(asking.after_refusal(404, &refusal("model not found")), NextStep::Failed);
    assert_eq!((asking.shape(), asking.evidence()), (RequestShape::default(), Evidence::Unchanged));
}

#[test]
fn an_answer_that_its_length_cut_off_gets_more_room() {
    let labels = labels();
    for body in [
        completion(json!(null), "length", 128),
        completion(json!("<think>Let me"), "length", 128),
        completion(json!("{\"route\": \"co"), "max_tokens", 128),
        // A server that calls it a stop.
        completion(json!(""), "stop", 128),
    ] {
        let mut asking = Adaptation::new(RequestShape::default());
        let text = String::from_utf8_lossy(&body).into_owned();
        assert_eq!(asking.after_completion(&body, &labels), NextStep::AskAgain, "{text}");
        assert_eq!((asking.shape().limit, asking.evidence()), (AnswerLimit::Medium, Evidence::CutOff));
        let longer = text.replace("128", "4096").into_bytes();
        assert_eq!(asking.after_completion(&longer, &labels), NextStep::AskAgain);
        assert_eq!(asking.shape().limit, AnswerLimit::Long);
        assert!(matches!(asking.after_completion(&longer, &labels), NextStep::Read(_, Answer::Invalid)));
        assert_eq!(asking.shape(), RequestShape { limit: AnswerLimit::Long, ..RequestShape::default() });
    }
    let mut asking = Adaptation::new(RequestShape::default());
    let usable = completion(json!("code. Because"), "length", 128);
    assert!(matches!(
        asking.after_completion(&completion(json!("code\n\nIt is"), "length", 128), &labels),
        NextStep::Read(_, Answer::Route(0))
    ));
    assert_eq!(asking.after_completion(&usable, &labels), NextStep::AskAgain);
}

#[test]
fn nothing_or_the_schema_itself_is_asked_again_without_a_schema() {
    let labels = labels();
    let schema =
        json!({ "type": "object", "properties": { "route": { "enum": ["code", "general", "none"] } } });
    for content in [json!(null), json!(""), json!(" \n"), json!([]), json!(schema.to_string())] {
        let mut asking = Adaptation::new(RequestShape::default());
        assert_eq!(
            asking.after_completion(&completion(content.clone(), "stop", 9), &labels),
            NextStep::AskAgain
        );
        let expected = RequestShape { omits_schema: true, ..RequestShape::default() };
        assert_eq!((asking.shape(), asking.evidence()), (expected, Evidence::Guessed), "{content}");
        let read = NextStep::Read("code".to_owned(), Answer::Route(0));
        assert_eq!(asking.after_completion(&completion(json!("code"), "stop", 1), &labels), read);
    }
    // White space up to the limit is the schema's doing as well.
    let mut asking = Adaptation::new(RequestShape::default());
    assert_eq!(
        asking.after_completion(&completion(json!("\n\n\n"), "length", 128), &labels),
        NextStep::AskAgain
    );
    assert!(asking.shape().omits_schema && asking.shape().limit == AnswerLimit::Short);
}

#[test]
fn nothing_without_a_schema_is_an_answer_without_a_label() {
    let shape = RequestShape { omits_schema: true, ..RequestShape::default() };
    let mut asking = Adaptation::new(shape);
    let nothing = completion(json!(""), "stop", 0);
    assert_eq!(asking.after_completion(&nothing, &labels()), NextStep::Read(String::new(), Answer::Invalid));
    assert_eq!((asking.shape(), asking.evidence()), (shape, Evidence::Unchanged));
}

#[test]
fn prose_and_filtered_answers_change_nothing() {
    let mut asking = Adaptation::new(RequestShape::default());
    let prose = completion(json!("I cannot say."), "stop", 500);
    assert!(matches!(asking.after_completion(&prose, &labels()), NextStep::Read(_, Answer::Invalid)));
    let filtered = completion(json!(""), "content_filter", 0);
    assert_eq!(asking.after_completion(&filtered, &labels()), NextStep::NoAnswer);
    let too_long = completion(json!("x".repeat(ANSWER_TEXT_BYTES + 1)), "stop", 9_000);
    assert_eq!(asking.after_completion(&too_long, &labels()), NextStep::NoAnswer);
    let reasons = completion(json!(format!("code\n{}", "because ".repeat(2_000))), "stop", 9_000);
    assert!(matches!(
        asking.after_completion(&reasons, &labels()),
        NextStep::Read(text, Answer::Route(0)) if text.len() == ANSWER_TEXT_BYTES
    ));
    assert_eq!((asking.shape(), asking.evidence()), (RequestShape::default(), Evidence::Unchanged));
}

/// Replies of all kinds.
fn any_reply() -> impl Strategy<Value = (u16, Vec<u8>)> {
    let named = proptest::sample::select(vec![
        "max_tokens",
        "temperature",
        "response_format",
        "system role",
        "max_tokens temperature",
        "context length",
        "content filter",
        "failed to generate json",
        "invalid json",
        "model not found",
        "?",
    ]);
    let status = proptest::sample::select(vec![400_u16, 404, 413, 422, 429, 500, 501, 503]);
    let content = proptest::sample::select(vec!["", "\n", "code", "prose", "{\"enum\": []}", "<think>"]);
    let reason = proptest::sample::select(vec!["stop", "length", "content_filter"]);
    prop_oneof![
        (status, named).prop_map(|(status, message)| (status, refusal(message))),
        (content, reason, 0_u64..5_000)
            .prop_map(|(content, reason, tokens)| (200, completion(json!(content), reason, tokens))),
        any::<Vec<u8>>().prop_map(|body| (200, body)),
        any::<Vec<u8>>().prop_map(|body| (400, body)),
    ]
}

proptest! {
    #[test]
    fn any_series_of_replies_ends_within_ten_requests(
        bits in any::<u8>(),
        replies in proptest::collection::vec(any_reply(), 10),
    ) {
        let labels = labels();
        let mut asking = Adaptation::new(RequestShape::from_bits(bits));
        let mut seen = std::collections::HashSet::new();
        for (status, body) in &replies {
            prop_assert!(seen.insert((asking.shape(), asking.is_shortened(), asking.is_repeated)), "the same request twice");
            let next = match status {
                200 => asking.after_completion(body, &labels),
                _ => asking.after_refusal(*status, body),
            };
            if next != NextStep::AskAgain {
                return Ok(());
            }
        }
        prop_assert!(false, "still asking as {:?}", asking.shape());
    }
}
