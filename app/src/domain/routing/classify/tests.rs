//! Prompts and answers.

use proptest::prelude::*;
use serde_json::Value;

use super::*;
use crate::domain::{
    config::balancer::Route,
    excerpt::excerpt,
    routing::{
        call::CallText,
        decision::{Excerpt, RouterMessage},
    },
};

fn balancer(names: &[&str]) -> Balancer {
    let route = |name: &&str| Route {
        name: (*name).to_owned(),
        intent: format!("Requests about {name}."),
        examples: vec![format!("a {name} question")],
        ..Route::default()
    };
    Balancer { routes: names.iter().map(route).collect(), ..Balancer::default() }
}

fn labels() -> Labels {
    Labels::of(&balancer(&["billing", "tech-support", "tech", "general"]))
}

fn user_message(balancer: &Balancer, call: &CallText) -> String {
    messages(balancer, call).pop().map(|it| it.content).unwrap_or_default()
}

#[test]
fn labels_are_the_enabled_routes_and_none() {
    let mut balancer = balancer(&["a", "b", "c"]);
    balancer.routes[1].enabled = false;
    let labels = Labels::of(&balancer);
    assert_eq!(labels.all().collect::<Vec<_>>(), ["a", "c", "none"]);
    assert_eq!(labels.routes[1].0, 2, "the place in the balancer, not among the enabled");
}

#[test]
fn a_route_called_none_gives_none_another_spelling() {
    assert_eq!(Labels::of(&balancer(&["none"])).none, "none_of_these");
    assert_eq!(Labels::of(&balancer(&["none", "none_of_these"])).none, "none_of_these_");
}

#[test]
fn a_bare_label_counts_in_any_dress() {
    for answer in [
        "billing",
        "Billing",
        " BILLING.\n",
        "\"billing\"",
        "`billing`",
        "**billing**",
        "_billing_",
        "- billing",
        "```\nbilling\n```",
        "```json\n{\"route\": \"billing\"}\n```",
        "{\"route\":\"Billing\"}",
        "<think>tech or billing? tech</think>billing",
        "<THINK>none</THINK>\n\nBilling",
        "The route is billing.",
        "Route: billing",
        "billing\n\nThe caller asks about an invoice; billing fits.",
        "I choose {\"route\": \"billing\"} for this.",
        "…</think> billing",
    ] {
        assert_eq!(parse(answer, &labels()), Answer::Route(0), "{answer:?}");
    }
}

#[test]
fn a_longer_label_is_not_the_shorter_one_within_it() {
    assert_eq!(parse("tech-support", &labels()), Answer::Route(1));
    assert_eq!(parse("It is tech-support.", &labels()), Answer::Route(1));
    assert_eq!(parse("It is tech.", &labels()), Answer::Route(2));
    assert_eq!(parse("biotech, technical, tech_support", &labels()), Answer::Invalid);
}

#[test]
fn none_is_an_answer() {
    for answer in [
        "none",
        "None.",
        "{\"route\":\"none\"}",
        "{\"route\": null}",
        "null",
        "None of the routes fits.",
        "none of the routes",
        "No route fits.",
        "No matching category",
        "Nothing fits.",
        "It does not match any of the routes.",
        "<answer>none</answer>",
        "none, not billing",
    ] {
        assert_eq!(parse(answer, &labels()), Answer::None, "{answer:?}");
    }
}

#[test]
fn what_names_no_label_or_several_is_invalid() {
    for answer in [
        "",
        "   ",
        "sales",
        "billing or tech",
        "billing, none of the others",
        "{\"route\":\"sales\"}",
        "<think>billing",
        "{\"route\": \"sales\"} billing",
        "</think>",
        "{}",
    ] {
        assert_eq!(parse(answer, &labels()), Answer::Invalid, "{answer:?}");
    }
}

#[test]
fn a_label_that_merely_occurs_in_a_text_is_no_choice() {
    let labels = Labels::of(&balancer(&["work", "help", "code", "general"]));
    for answer in [
        "Sure! I can help you work that out",
        "Sure! I can work that out",
        "That should work.",
        "I cannot help with that request.",
        "The code you sent does not compile.",
        "Lavoro: work",
        "Here is how to write code:\n\nfn main() {}\n\nHope this helps!",
        "No, it is not work",
        "not code",
        "code is not right",
        "The best route would be code because the user asks about a borrow checker error in Rust.",
        "code\nwork",
        "**code** or **work**?\nI am not sure about **anything**.",
    ] {
        assert_eq!(parse(answer, &labels), Answer::Invalid, "{answer:?}");
    }
}

#[test]
fn a_short_sentence_that_names_one_label_and_nothing_else_is_a_choice() {
    for answer in [
        "I would pick billing.",
        "The best category is: billing",
        "This should go to billing",
        "It is \u{201c}billing\u{201d}!",
        "billing, not tech",
        "It is billing, not tech.",
        "billing rather than general",
        "Billing instead of tech-support.",
    ] {
        assert_eq!(parse(answer, &labels()), Answer::Route(0), "{answer:?}");
    }
    for answer in ["billing, not sure", "billing rather than a refund", "billing, not billing"] {
        assert_eq!(parse(answer, &labels()), Answer::Invalid, "{answer:?}");
    }
}

#[test]
fn the_last_marked_value_is_the_choice() {
    for answer in [
        "<answer>billing</answer>",
        "The user may want tech.\n<answer> Billing </answer>",
        "So the result is \\boxed{billing}.",
        "\\boxed{\\text{billing}}",
        "Tech was my first thought.\nRoute: billing",
        "**Route:** billing\n**Reason:** an invoice is mentioned, which tech would not handle.",
        "Final answer: **billing**",
        "Intent: tech\nRoute: billing",
        "Category: billing. The user asks about an invoice.",
        "After weighing tech and general I am confident that this one is **billing**",
        "{'route': 'billing'}",
    ] {
        assert_eq!(parse(answer, &labels()), Answer::Route(0), "{answer:?}");
    }
    for answer in ["Route: premium", "Answer: billing or tech", "**premium**, though billing was close"] {
        assert_eq!(parse(answer, &labels()), Answer::Invalid, "{answer:?}");
    }
}

#[test]
fn json_counts_whole_or_cut_short_bare_or_in_prose() {
    for answer in [
        "{\"label\":\"billing\"}",
        "{\"intent\":\"billing\",\"confidence\":0.9}",
        "{\"answer\":\"tech\",\"category\":\"billing\"}",
        "\"billing\"",
        "[\"billing\"]",
        "{\"route\":[\"billing\"]}",
        "{\"route\":\"billing\",\"reason\":\"the user asks ab",
        "{\"reason\":\"a {brace} in it\",\"route\":\"billing\"",
        "Here you go: {\"route\": \"billing\"} as requested, not tech",
        "{\"thought\":\"tech?\"}\n{\"route\":\"billing\"}",
        "{\"name\":\"route\",\"arguments\":{\"route\":\"billing\"}}",
        "<tool_call>{\"name\":\"x\",\"arguments\":\"{\\\"label\\\":\\\"billing\\\"}\"}</tool_call>",
        "\"{\\\"route\\\": \\\"billing\\\"}\"",
    ] {
        assert_eq!(parse(answer, &labels()), Answer::Route(0), "{answer:?}");
    }
    for answer in [
        "{\"route\":\"tech",
        "{\"route\":\"tech-sup",
        "{\"reason\":\"billing",
        "\"tech",
        "[\"tech",
        "[\"billing\",\"tech\"]",
        "{\"route\":\"billing\"} {\"route\":\"tech\"}",
        "{\"route\":\"premium\",\"label\":\"billing\"}",
        "{\"route\":1}",
        "{\"type\":\"object\",\"properties\":{\"route\":{\"type\":\"string\",\"enum\":[\"billing\",\"none\"]}}}",
    ] {
        assert_eq!(parse(answer, &labels()), Answer::Invalid, "{answer:?}");
    }
}

#[test]
fn spaces_underscores_and_hyphens_are_alike() {
    for answer in ["tech support", "Tech_Support", "It is tech support.", "{\"route\":\"TECH SUPPORT\"}"] {
        assert_eq!(parse(answer, &labels()), Answer::Route(1), "{answer:?}");
    }
    let alike = Labels::of(&balancer(&["a-b", "a_b"]));
    assert_eq!(parse("a_b", &alike), Answer::Route(1));
    assert_eq!(parse("a b", &alike), Answer::Invalid, "stored before such names were refused");
}

#[test]
fn reasoning_and_chat_marks_of_every_family_are_stripped() {
    for answer in [
        "[THINK]tech?[/THINK]billing",
        "◁think▷tech◁/think▷billing",
        "<|channel|>analysis<|message|>tech or billing<|end|><|start|>assistant<|channel|>final<|message|>billing<|return|>",
        "analysisThe user asks about tech.assistantfinalbilling",
        "<|channel>thought\ntech<channel|>billing",
        "<|begin_of_thought|>tech<|end_of_thought|><|begin_of_solution|>billing<|end_of_solution|>",
        "<unused94>thought tech<unused95>billing",
        "<|im_start|>assistant\nbilling<|im_end|>",
        "billing</s>",
        "billing<end_of_turn>",
        "```\n<think>tech</think>\n{\"route\": \"billing\"}\n```",
    ] {
        assert_eq!(parse(answer, &labels()), Answer::Route(0), "{answer:?}");
    }
    for answer in ["[THINK]billing", "<|channel|>analysis<|message|>billing", "◁think▷billing"] {
        assert_eq!(parse(answer, &labels()), Answer::Invalid, "{answer:?}");
    }
}

#[test]
fn the_text_of_a_completion_is_found_where_servers_put_it() {
    let text = |message: &str| answer_text(format!("{{\"choices\":[{{\"message\":{message}}}]}}").as_bytes());
    for message in [
        r#"{"role":"assistant","content":"co\u0064e","usage":1e999}"#,
        r#"{"content":[{"type":"thinking","thinking":"legal"},{"type":"text","text":"co"},{"text":"de"}]}"#,
    ] {
        assert_eq!(text(message).as_deref(), Some("code"), "{message}");
    }
    let shaped =
        r#"{"content":null,"tool_calls":[{"function":{"name":"f","arguments":"{\"route\":\"code\"}"}}]}"#;
    assert_eq!(text(shaped).as_deref(), Some(r#"{"route":"code"}"#));
    let reasoned = r#"{"content":"","reasoning_content":" {\"route\":\"code\"} "}"#;
    assert_eq!(text(reasoned).as_deref(), Some(r#" {"route":"code"} "#));
    for message in [
        "{}",
        r#"{"content":null}"#,
        r#"{"content":"  "}"#,
        r#"{"content":7}"#,
        r#"{"content":"","reasoning":"I think it is code"}"#,
        r#"{"content":null,"refusal":"no"}"#,
        "7",
    ] {
        assert_eq!(text(message), None, "{message}");
    }
    for body in [&b"{}"[..], b"{\"choices\":[]}", b"\xff", b"[]"] {
        assert_eq!(answer_text(body), None);
    }
}

#[test]
fn the_prompt_can_be_read_back_whole() {
    let balancer = balancer(&["billing", "general"]);
    let call = CallText { user_turns: vec!["before".into(), "now".into()], ..CallText::default() };
    let question = read_question(&messages(&balancer, &call)).unwrap_or_default();
    let routes: Vec<&str> = question.routes.iter().map(|it| it.label.as_str()).collect();
    assert_eq!(routes, ["billing", "general"]);
    assert_eq!(question.routes[0].intent, "Requests about billing.");
    assert_eq!(question.routes[0].examples, ["a billing question"]);
    assert_eq!((question.none.as_str(), question.latest.as_str()), ("none", "now"));
    assert_eq!(question.earlier, ["before"]);
    assert_eq!(read_question(&[]), None);
}

#[test]
fn the_prompt_keeps_to_the_bounds_of_turns_and_characters() {
    let mut balancer = balancer(&["a"]);
    balancer.classifier.context_turns = 2;
    balancer.classifier.max_chars = 500;
    let turns = (0..6).map(|n| format!("{n}").repeat(300)).collect();
    let question =
        read_question(&messages(&balancer, &CallText { user_turns: turns, ..CallText::default() }));
    let question = question.unwrap_or_default();
    assert_eq!(question.latest, "5".repeat(300), "the latest turn goes first");
    assert_eq!(question.earlier.len(), 1, "and the newest of the earlier gets what it leaves");
    assert!(question.earlier[0].starts_with('4') && question.earlier[0].chars().count() == 200);
}

#[test]
fn the_assistants_turn_is_marked_and_takes_a_quarter_at_most() {
    let mut balancer = balancer(&["a"]);
    balancer.classifier.max_chars = 1_000;
    let mut call = CallText {
        user_turns: vec!["earlier".to_owned(), "yes please".to_owned()],
        assistant_turn: Some(format!("HEAD {} Shall I book it?", "x".repeat(5_000))),
        ..CallText::default()
    };
    let content: Value = serde_json::from_str(&user_message(&balancer, &call)).unwrap_or_default();
    let assistant = content["assistant_turn"].as_str().unwrap_or_default();
    assert!(assistant.starts_with("HEAD") && assistant.ends_with("Shall I book it?"));
    assert_eq!(assistant.chars().count(), 250);
    assert_eq!(
        (&content["latest_turn"], &content["earlier_turns"][0]),
        (&"yes please".into(), &"earlier".into())
    );
    let (messages, seen) = messages_with_excerpt(&balancer, &call);
    assert_eq!(read_question(&messages).map(|it| it.assistant).as_deref(), Some(assistant));
    assert_eq!(seen, Excerpt { chars: 17, cut: false }, "only the user's turns count");
    let halved = halve(&messages).and_then(|it| read_question(&it)).unwrap_or_default();
    assert_eq!((halved.latest.as_str(), halved.assistant.is_empty()), ("yes please", false));

    balancer.classifier.context_turns = 0;
    assert_eq!(user_message(&balancer, &call), r#"{"latest_turn":"yes please"}"#);
    balancer.classifier.context_turns = 3;
    call.assistant_turn = None;
    assert!(!user_message(&balancer, &call).contains("assistant_turn"));
}

#[test]
fn an_excerpt_tells_whether_the_middle_was_left_out() {
    let mut balancer = balancer(&["a"]);
    balancer.classifier.max_chars = 500;
    let seen = |turns: &[&str]| {
        let user_turns = turns.iter().map(|it| (*it).to_owned()).collect();
        messages_with_excerpt(&balancer, &CallText { user_turns, ..CallText::default() }).1
    };
    let (fitting, long) = ("é".repeat(500), "é".repeat(501));
    assert_eq!(seen(&["hello"]), Excerpt { chars: 5, cut: false });
    assert_eq!(seen(&["earlier", "hello"]), Excerpt { chars: 12, cut: false });
    assert_eq!(seen(&[&fitting]), Excerpt { chars: 500, cut: false });
    assert_eq!(seen(&[&long]), Excerpt { chars: 500, cut: true });
    assert_eq!(seen(&[&long, "hello"]), Excerpt { chars: 500, cut: true });
    let mut widest = balancer.clone();
    widest.classifier.max_chars = 100_000;
    let read = CallText::of_first_text(&format!("\"{}\"", "x".repeat(200_000)));
    assert_eq!(messages_with_excerpt(&widest, &read).1, Excerpt { chars: 100_000, cut: true });
}

#[test]
fn a_re_ask_shows_the_wrong_answer_and_the_closed_set() {
    let balancer = balancer(&["a", "b"]);
    let first = messages(&balancer, &CallText::of("hi"));
    let again = retry_messages(&first, &"x".repeat(10_000), &Labels::of(&balancer));
    assert_eq!(again.len(), 4);
    assert!(again[2].content.chars().count() <= 200 && again[2].role == "assistant");
    assert!(again[3].content.ends_with("a, b, none"));
}

#[test]
fn a_router_call_is_cold_short_and_held_to_the_labels_where_all_of_it_is_taken() {
    let message = |role: &str| RouterMessage { role: role.to_owned(), content: format!("the {role}'s") };
    let body = |shape| {
        let body = request_body("m", &[message("system"), message("user")], &labels(), shape);
        serde_json::from_slice::<Value>(&body).unwrap_or_default()
    };
    let first = RequestShape::default();
    let whole = body(first);
    assert_eq!((&whole["temperature"], &whole["max_tokens"]), (&0.into(), &128.into()));
    assert_eq!((&whole["stream"], &whole["messages"][0]["role"]), (&false.into(), &"system".into()));
    let shape = &whole["response_format"]["json_schema"]["schema"]["properties"]["route"]["enum"];
    assert_eq!(shape, &serde_json::json!(["billing", "tech-support", "tech", "general", "none"]));

    let renamed = RequestShape { token_field: TokenField::MaxCompletionTokens, ..first };
    let renamed = body(RequestShape { limit: AnswerLimit::Long, ..renamed });
    assert_eq!((renamed.get("max_tokens"), &renamed["max_completion_tokens"]), (None, &4_096.into()));

    let plainest = body(first.plainest());
    assert_eq!(plainest.as_object().map(|it| it.keys().collect::<Vec<_>>()).unwrap_or_default().len(), 3);
    let merged = serde_json::json!([{ "role": "user", "content": "the system's\n\nthe user's" }]);
    assert_eq!(plainest["messages"], merged);
}

#[test]
fn half_of_a_prompt_keeps_both_ends_of_the_latest_turn_and_the_instructions() {
    let balancer = balancer(&["a"]);
    let turns = vec!["earlier".repeat(10), format!("HEAD {} TAIL", "x".repeat(990))];
    let first = messages(&balancer, &CallText { user_turns: turns, ..CallText::default() });
    let halved = halve(&first).unwrap_or_default();
    assert_eq!(halved[0], first[0]);
    let question = read_question(&halved).unwrap_or_default();
    assert_eq!((question.latest.chars().count(), question.earlier.len()), (535, 0));
    assert!(question.latest.starts_with("HEAD") && question.latest.ends_with("TAIL"));
    assert_eq!(halve(&[RouterMessage { role: "user".into(), content: "prose".into() }]), None);
}

#[test]
fn an_excerpt_keeps_both_ends() {
    assert_eq!(excerpt("short", 5), "short");
    assert_eq!(excerpt("abcdefghij", 7), "ab … ij");
    assert_eq!(excerpt("abcdefghij", 8), "abc … ij");
    assert_eq!(excerpt("abcdef", 2), "ab");
    assert_eq!(excerpt("abc", 0), "");
    assert_eq!(excerpt("äöüß", 4), "äöüß");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn no_text_can_end_its_own_quotation(text in any::<String>(), earlier in any::<String>()) {
        let call = CallText { user_turns: vec![earlier, text.clone()], ..CallText::default() };
        let balancer = balancer(&["a"]);
        let content = user_message(&balancer, &call);
        // The text must stay whole within one line of JSON.
        prop_assert!(!content.contains('\n'));
        let value: Value = serde_json::from_str(&content).unwrap_or_default();
        prop_assert_eq!(value["latest_turn"].as_str(), Some(text.as_str()));
        let system = &messages(&balancer, &call)[0].content;
        prop_assert_eq!(system, &messages(&balancer, &CallText::of(""))[0].content);
    }

    #[test]
    fn an_excerpt_is_within_its_bound(text in any::<String>(), max in 0_usize..40) {
        let short = excerpt(&text, max);
        prop_assert!(short.chars().count() <= max);
        prop_assert_eq!(text.chars().count() <= max, short == text);
    }

    #[test]
    fn any_answer_means_a_label_or_nothing(answer in any::<String>()) {
        let _ = parse(&answer, &labels());
    }

    #[test]
    fn a_label_among_fillers_is_a_choice_and_among_other_words_none(
        before in proptest::sample::select(vec!["", "the", "i would pick", "it is:", "should be"]),
        after in proptest::sample::select(vec!["", ".", "it is", "fits best"]),
        other in "[b-hj-z]{4,8}",
        at in 0_usize..4,
    ) {
        let labels = labels();
        let (route, label) = &labels.routes[at];
        let label = label.to_uppercase();
        let answer = format!("{before} {label} {after}");
        prop_assert_eq!(parse(&answer, &labels), Answer::Route(*route));
        let answer = format!("{before} {label} {other} {after}");
        prop_assert!(labels.all().any(|it| it == other) || parse(&answer, &labels) == Answer::Invalid);
    }
}
