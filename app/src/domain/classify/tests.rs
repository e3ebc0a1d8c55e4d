//! Prompts out and answers in.

use proptest::prelude::*;
use serde_json::Value;

use super::*;
use crate::domain::{balancer::Route, call::CallText, decision::RouterMessage};

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
    for answer in ["none", "None.", "{\"route\":\"none\"}", "None of the routes fits."] {
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
        "{\"route\": null}",
        "</think>",
        "{}",
    ] {
        assert_eq!(parse(answer, &labels()), Answer::Invalid, "{answer:?}");
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
fn a_re_ask_shows_the_wrong_answer_and_the_closed_set() {
    let balancer = balancer(&["a", "b"]);
    let first = messages(&balancer, &CallText::of("hi"));
    let again = messages_again(&first, &"x".repeat(10_000), &Labels::of(&balancer));
    assert_eq!(again.len(), 4);
    assert!(again[2].content.chars().count() <= 200 && again[2].role == "assistant");
    assert!(again[3].content.ends_with("a, b, none"));
}

#[test]
fn a_router_call_is_cold_short_and_held_to_the_labels_where_a_schema_is_taken() {
    let body = |schema| {
        let message = RouterMessage { role: "user".into(), content: "hi".into() };
        serde_json::from_slice::<Value>(&request_body("m", &[message], &labels(), schema)).unwrap_or_default()
    };
    let with = body(true);
    assert_eq!(with["temperature"], 0);
    assert_eq!(with["max_tokens"], ANSWER_TOKENS);
    let shape = &with["response_format"]["json_schema"]["schema"]["properties"]["route"]["enum"];
    assert_eq!(shape, &serde_json::json!(["billing", "tech-support", "tech", "general", "none"]));
    assert!(body(false).get("response_format").is_none());
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
        // One line, one JSON value, and the text whole within it.
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
    fn a_label_in_prose_that_names_no_other_is_found(
        before in "[a-f .,:\n]{0,20}",
        after in "[a-f .,:\n]{0,20}",
        at in 0_usize..4,
    ) {
        let labels = labels();
        let (route, label) = &labels.routes[at];
        let answer = format!("{before} {} {after}", label.to_uppercase());
        prop_assert_eq!(parse(&answer, &labels), Answer::Route(*route));
    }
}
