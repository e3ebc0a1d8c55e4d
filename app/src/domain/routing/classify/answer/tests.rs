//! Answers as router models write them, each with its meaning.

use proptest::prelude::*;

use super::*;
use crate::domain::config::balancer::{Balancer, Route};

const ROUTES: [&str; 7] =
    ["billing", "tech-support", "tech", "kitchen_and_dining", "work", "2024", "general"];

fn labels_of(names: &[&str]) -> Labels {
    let route = |name: &&str| Route { name: (*name).to_owned(), ..Route::default() };
    Labels::of(&Balancer { routes: names.iter().map(route).collect(), ..Balancer::default() })
}

fn labels() -> Labels {
    labels_of(&ROUTES)
}

/// The route of this name.
fn route(name: &str) -> Answer {
    Answer::Route(ROUTES.iter().position(|it| *it == name).unwrap_or(usize::MAX))
}

/// Answers in the order of the rules, each with the label that it states: `none`, or `-` for an invalid one.
const STYLES: [(&str, &str); 146] = [
    // JSON, whole or cut, bare or in prose.
    (r#"{"label": "billing"}"#, "billing"),
    (r#"{"route": ["billing"]}"#, "billing"),
    (r#"{"route": "none"}"#, "none"),
    (r#"{"route": null}"#, "none"),
    (r#"{"route": null"#, "none"),
    (r#"{"intent": "billing", "why": "not tech"}"#, "billing"),
    (r#"{"ROUTE": "Billing"}"#, "billing"),
    (r#"{"answer": "tech", "choice": "work", "route": "billing"}"#, "billing"),
    (r#"{"route": "premium", "label": "billing"}"#, "-"),
    (r#"{"route": "kitchen and dining"}"#, "kitchen_and_dining"),
    (r#"{"route": 2024}"#, "2024"),
    (r#"{"route": "billing", "confidence": 0.93, "reason": "an invoice"}"#, "billing"),
    (r#"{"route": "billing", "confidence": 0."#, "billing"),
    (r#"{"route": "billing", "reason": "the user is as"#, "billing"),
    (r#"{"reason": "an invoice", "route": "billing""#, "billing"),
    (r#"{"route": "bil"#, "-"),
    (r#"{"route": "tech"#, "-"),
    (r#"{"intent": "tech", "route": "bill"#, "-"),
    (r#"{"route": "tech", "intent": "bill"#, "tech"),
    (r#"{"route":"#, "-"),
    (r#"{"route": ["billing", "te"#, "-"),
    (r#"{"route": ["billing", "tech"]}"#, "-"),
    (r#"{"route": "billing or tech"}"#, "-"),
    (r#"{"route": {"name": "billing"}}"#, "-"),
    (r#"{"route": true}"#, "-"),
    (r#"{"route": "facturation"}"#, "-"),
    (r#"["billing"]"#, "billing"),
    (r#"[{"route": "billing"}]"#, "billing"),
    (r#"["billing", "tech"]"#, "-"),
    (r#"["billing", "#, "-"),
    (r#""billing""#, "billing"),
    (r#""none""#, "none"),
    (r#""tech"#, "-"),
    ("null", "none"),
    ("{}", "-"),
    (r#"Sure: {"route": "billing"}. Anything else?"#, "billing"),
    ("Here is the JSON:\n```json\n{\n  \"route\": \"billing\"\n}\n```\nIt is not about tech.", "billing"),
    ("{\"thought\": \"tech?\"}\n{\"route\": \"billing\"}", "billing"),
    (r#"{"route": "billing"} {"route": "tech"}"#, "-"),
    (r#"{"name": "route", "arguments": {"route": "billing"}}"#, "billing"),
    (r#"<tool_call>{"name": "f", "arguments": "{\"label\": \"billing\"}"}</tool_call>"#, "billing"),
    (r#"{"function": {"name": "f", "arguments": "{\"route\": \"billing\"}"}}"#, "billing"),
    (r#"{'route': 'billing'}"#, "billing"),
    ("{route: billing}", "billing"),
    ("{'route': 'tech", "-"),
    (r#"{"route": "tech\_support"}"#, "tech-support"),
    (r#"{"type": "object", "properties": {"route": {"enum": ["billing", "none"]}}}"#, "-"),
    // The last marked value.
    ("Route: billing", "billing"),
    ("Answer: billing", "billing"),
    ("Final answer: billing.", "billing"),
    ("**Route**: billing", "billing"),
    ("Route: `tech_support`", "tech-support"),
    ("Route: **Kitchen and Dining**", "kitchen_and_dining"),
    ("Route → billing", "billing"),
    ("route = \"billing\"", "billing"),
    ("Category: None", "none"),
    ("<answer>billing</answer>", "billing"),
    ("<answer>none</answer>", "none"),
    ("<answer>Route: billing</answer>", "billing"),
    ("<result>\n  billing\n</result>", "billing"),
    ("<answer>tech", "tech"),
    (r"\boxed{billing}", "billing"),
    (r"The final answer is $\boxed{\text{tech\_support}}$.", "tech-support"),
    (r"\boxed{\mathrm{none}}", "none"),
    ("**billing**", "billing"),
    ("__billing__", "billing"),
    ("First I thought of **tech**. After reading it all again I am sure that it is **billing**", "billing"),
    ("**Route:** billing\n**Reason:** an invoice is mentioned, which tech would not handle.", "billing"),
    ("Intent: tech\nRoute: billing", "billing"),
    ("Category: billing. The user asks about an invoice.", "billing"),
    ("Category: billing – an invoice was charged twice", "billing"),
    ("Category: tech - support", "tech-support"),
    ("Category: billing – or tech", "-"),
    ("Category: billing, because the user asks about an invoice", "billing"),
    ("Route: billing | Confidence: 0.9", "billing"),
    (
        "**Route:**\n\nbilling\n\n**Reason:**\n\nAn invoice was charged twice, which is not for tech.",
        "billing",
    ),
    ("Route: billing\nSecond choice: tech", "billing"),
    ("Answer: billing or tech", "-"),
    ("Not the route: billing", "-"),
    ("Lavoro: work", "-"),
    ("**premium**, though billing was close", "-"),
    // The first or the last line alone.
    ("billing", "billing"),
    ("BILLING.", "billing"),
    ("  billing \r\n", "billing"),
    ("`billing`", "billing"),
    ("\u{201c}billing\u{201d}", "billing"),
    ("'billing'", "billing"),
    ("(billing)", "billing"),
    ("*billing*", "billing"),
    ("- billing", "billing"),
    ("• billing", "billing"),
    ("1. billing", "billing"),
    ("[1] billing", "billing"),
    ("billing (0.95)", "billing"),
    ("billing: 95%", "billing"),
    ("billing 👍", "billing"),
    ("> billing", "billing"),
    ("# billing", "billing"),
    ("```\nbilling\n```", "billing"),
    ("```text\nbilling\n```", "billing"),
    ("```billing```", "billing"),
    ("---\nbilling\n---\nBecause the user mentions an invoice that was charged twice last month.", "billing"),
    ("kitchen and dining", "kitchen_and_dining"),
    ("Kitchen-And-Dining", "kitchen_and_dining"),
    ("tech_support", "tech-support"),
    ("2024", "2024"),
    ("2024. billing", "-"),
    ("none", "none"),
    ("None.", "none"),
    ("billing\n\nThe user asks about an invoice, which is not a question for tech or general.", "billing"),
    ("The user asks about an invoice, which tech could not answer at all.\n\nbilling", "billing"),
    ("billing\nnone", "-"),
    ("billing\nI weighed both of them for quite a while.\ntech", "-"),
    ("biling", "-"),
    ("techs", "-"),
    // Up to twelve words with one label and words that say nothing.
    ("The best route is billing.", "billing"),
    ("I would pick billing", "billing"),
    ("This should go to tech support!", "tech-support"),
    ("It is: billing, billing", "billing"),
    ("The answer is none.", "none"),
    ("I would choose the kitchen and dining category", "kitchen_and_dining"),
    ("billing tech", "-"),
    ("It is billing or tech", "-"),
    ("It is the the the the the the the the the billing", "billing"),
    ("It is the the the the the the the the the the billing", "-"),
    // One label rather than another.
    ("billing, not tech", "billing"),
    ("It is billing (not tech).", "billing"),
    ("billing rather than tech-support", "billing"),
    ("none, not billing", "none"),
    ("Tech support instead of tech.", "tech-support"),
    ("billing, not sure", "-"),
    ("not billing", "-"),
    // No route fits.
    ("None of the routes fits.", "none"),
    ("No route fits.", "none"),
    ("It doesn't match any of the given intents.", "none"),
    ("There is no suitable category.", "none"),
    ("None of the above, but billing is close", "-"),
    // Everything else.
    ("", "-"),
    ("I can help you work that out", "-"),
    ("That should work for you.", "-"),
    ("I'm sorry, but I can't help with that request.", "-"),
    ("The best route would be billing because the user asks about an invoice.", "-"),
    ("facturación", "-"),
    ("Here is the fix for your tech: turn it off and on again, then it will work.", "-"),
    ("<think>billing or tech? billing</think>", "-"),
    ("<think>tech?</think>billing", "billing"),
];

fn meaning(name: &str) -> Answer {
    match name {
        "none" => Answer::None,
        "-" => Answer::Invalid,
        name => route(name),
    }
}

#[test]
fn each_style_means_what_the_first_rule_that_applies_says() {
    for (answer, expected) in STYLES {
        assert_eq!(parse(answer, &labels()), meaning(expected), "{answer}");
    }
}

#[test]
fn reasoning_of_every_family_is_no_part_of_the_answer() {
    let labels = labels();
    for (open, close) in [
        ("<think>", "</think>"),
        ("<THINK>", "</THINK>"),
        ("<thinking>", "</thinking>"),
        ("<thought>", "</thought>"),
        ("<reasoning>", "</reasoning>"),
        ("<analysis>", "</analysis>"),
        ("<scratchpad>", "</scratchpad>"),
        ("<seed:think>", "</seed:think>"),
        ("[THINK]", "[/THINK]"),
        ("◁think▷", "◁/think▷"),
        ("<|begin_of_thought|>", "<|end_of_thought|>"),
        ("<|START_THINKING|>", "<|END_THINKING|>"),
        ("<|channel>thought\n", "<channel|>"),
        ("<unused94>", "<unused95>"),
        ("<|channel|>analysis<|message|>", "<|end|><|start|>assistant<|channel|>final<|message|>"),
        ("analysis", "assistantfinal"),
        ("[BEGIN REASONING]", "[BEGIN FINAL RESPONSE]"),
        ("Here is my thought process:", "Here is my response:"),
    ] {
        for (answer, expected) in STYLES.into_iter().filter(|(it, _)| !it.contains("think")) {
            let whole = format!("{open}\nMaybe tech, maybe work.\nRoute: tech\n{close}\n{answer}");
            assert_eq!(parse(&whole, &labels), meaning(expected), "{whole}");
        }
    }
    for (answer, expected) in [
        ("billing<think>or tech?</think>", "billing"),
        ("<think>a</think>billing<think>or tech?</think>", "billing"),
        ("<think>tech<think>work</think>no</think>billing", "billing"),
        ("tech</think>billing", "billing"),
        ("<think>billing", "-"),
        ("<think>a</think>billing<think>or", "-"),
        ("<|channel|>analysis<|message|>billing", "-"),
        (
            "<|channel|>commentary to=functions.route <|constrain|>json<|message|>{\"route\":\"billing\"}<|call|>",
            "billing",
        ),
        ("<|im_start|>assistant\nbilling<|im_end|>", "billing"),
        ("billing</s>", "billing"),
    ] {
        assert_eq!(parse(answer, &labels), meaning(expected), "{answer}");
    }
}

#[test]
fn an_answer_is_read_up_to_its_limit_without_its_reasoning() {
    let labels = labels();
    let long = "word ".repeat(ANSWER_TEXT_BYTES / 4);
    assert_eq!(parse(&format!("billing\n{long}"), &labels), route("billing"));
    assert_eq!(parse(&format!("<think>{long}</think>billing"), &labels), route("billing"));
    assert_eq!(parse(&format!("{{\"route\":\"billing\",\"why\":\"{long}\"}}"), &labels), route("billing"));
    assert_eq!(parse(&format!("{long}\nbilling"), &labels), Answer::Invalid);
    // The limit falls within the word `working`.
    let cut = format!("{}\nworking", "é\n".repeat((ANSWER_TEXT_BYTES - 5) / 3));
    assert_eq!(parse(&cut, &labels), Answer::Invalid);
}

#[test]
fn a_stored_route_called_none_is_a_route() {
    let labels = labels_of(&["none", "code"]);
    for answer in ["none", "{\"route\":\"none\"}", "Route: none"] {
        assert_eq!(parse(answer, &labels), Answer::Route(0), "{answer}");
    }
    assert_eq!(parse("none of these", &labels), Answer::None);
    assert_eq!(parse("{\"route\":null}", &labels), Answer::None);
}

/// A label of [`ROUTES`] or none, with its meaning.
fn any_label() -> impl Strategy<Value = (&'static str, Answer)> {
    let named = ROUTES.into_iter().enumerate().map(|(at, name)| (name, Answer::Route(at)));
    proptest::sample::select(named.chain([("none", Answer::None)]).collect::<Vec<_>>())
}

/// Pieces of answers, joined in any order.
fn any_pieces() -> impl Strategy<Value = String> {
    let pieces = vec![
        "billing",
        "tech-support",
        "tech",
        "none",
        "work",
        "route",
        ":",
        "\"",
        "{",
        "}",
        "[",
        "]",
        ",",
        "\n",
        " ",
        "**",
        "<answer>",
        "</answer>",
        "\\boxed{",
        "<think>",
        "</think>",
        "<|channel|>final<|message|>",
        "```",
        "not",
        "no",
        "fits",
        "null",
        "_",
        "-",
        "1.",
        "é",
        "\\",
        "is",
        "{\"route\":",
        "\"label\":",
    ];
    proptest::collection::vec(proptest::sample::select(pieces), 0..14).prop_map(|it| it.concat())
}

/// White space in front of an answer or behind it.
fn any_space() -> impl Strategy<Value = &'static str> {
    proptest::sample::select(vec!["", " ", "\n", "\t", "\r\n", " \n \n"])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn any_answer_is_a_label_of_the_closed_set_or_invalid(answer in any::<String>(), pieces in any_pieces()) {
        for answer in [answer, pieces] {
            if let Answer::Route(at) = parse(&answer, &labels()) {
                prop_assert!(at < ROUTES.len());
                let fold = |text: &str| text.to_ascii_lowercase().replace(|c: char| !c.is_ascii_alphanumeric(), "");
                prop_assert!(answer.contains("\\u") || fold(&answer).contains(&fold(ROUTES[at])), "{}", answer);
            }
        }
    }

    #[test]
    fn case_and_white_space_around_it_change_no_answer(
        pieces in any_pieces(),
        (before, after) in (any_space(), any_space()),
    ) {
        let expected = parse(&pieces, &labels());
        prop_assert_eq!(parse(&format!("{before}{pieces}{after}"), &labels()), expected);
        prop_assert_eq!(parse(&pieces.to_ascii_uppercase(), &labels()), expected);
    }

    #[test]
    fn a_label_means_itself_in_any_dress(
        (label, expected) in any_label(),
        dress in proptest::sample::select(vec![
            "{}", "\"{}\"", "'{}'", "`{}`", "**{}**", "“{}”", "({})", "- {}", "1. {}", "{}.", "{}!", "> {}",
            "{\"route\":\"{}\"}", "[\"{}\"]", "Route: {}", "<answer>{}</answer>", "\\boxed{{}}", "The route is {}.",
            "```\n{}\n```", "<think>tech?</think>{}",
        ]),
        separator in proptest::sample::select(vec![" ", "_", "-"]),
        (before, after) in (any_space(), any_space()),
    ) {
        let label = label.replace(['_', '-'], separator);
        for label in [label.clone(), label.to_uppercase()] {
            let answer = format!("{before}{}{after}", dress.replace("{}", &label));
            prop_assert_eq!(parse(&answer, &labels()), expected, "{}", answer);
        }
    }

    #[test]
    fn a_label_among_common_words_is_no_choice(
        before in "(I|you|we) (can|will|could) (help|show|explain) (you|me|them)",
        (label, _) in any_label(),
        after in "(that|this|it) (out|now|today|better)",
    ) {
        let answer = format!("{before} {label} {after}.");
        prop_assert_eq!(parse(&answer, &labels()), Answer::Invalid, "{}", answer);
    }

    #[test]
    fn two_labels_are_no_choice(
        (one, first) in any_label(),
        (two, second) in any_label(),
        joined in proptest::sample::select(vec![" or ", ", ", " and ", " / ", "\n"]),
    ) {
        let answer = format!("{one}{joined}{two}");
        let expected = if first == second && joined != " or " && joined != " and " { first } else { Answer::Invalid };
        // Two labels side by side may spell a third one.
        let spells_another = labels().named(&answer.replace([',', '/'], "")).is_some();
        prop_assert!(spells_another || parse(&answer, &labels()) == expected, "{}", answer);
    }
}
