//! Answers that no router model should give, and good ones in odd dress, made from a fixed seed. Where it is clear
//! what an answer must lead to, it comes along.

use proptest::{prelude::*, sample::select, strategy::ValueTree as _, test_runner::TestRunner};
use serde_json::{Value, json};

pub(super) const LABELS: [&str; 3] = ["code", "legal", "general"];

/// What an answer must lead to.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Due {
    /// That route.
    Route(&'static str),
    /// The default, because the answer says none of them.
    NoMatch,
    /// The default, because the answer is none.
    Invalid,
    /// Any route of the set.
    Anything,
}

#[derive(Clone, Debug)]
pub(super) struct Case {
    pub(super) content: Value,
    pub(super) due: Due,
}

/// That many cases, always the same ones.
pub(super) fn cases(count: usize) -> Vec<Case> {
    let mut runner = TestRunner::deterministic();
    let said = said();
    let one = |at: usize| match at % 50 {
        7 => Case { content: json!(format!("code {}", "and so on ".repeat(1_000))), due: Due::Invalid },
        32 => {
            let odd = [
                (json!(null), Due::Invalid),
                (json!(7), Due::Invalid),
                (
                    json!([{ "type": "thinking", "thinking": "legal" }, { "type": "text", "text": "code" }]),
                    Due::Route("code"),
                ),
                (json!({ "route": "code" }), Due::Invalid),
            ];
            let (content, due) = odd[at / 50 % odd.len()].clone();
            Case { content, due }
        }
        _ => {
            let (text, due) = said.new_tree(&mut runner).unwrap().current();
            Case { content: json!(text), due }
        }
    };
    (0..count).map(one).collect()
}

fn said() -> BoxedStrategy<(String, Due)> {
    prop_oneof![
        5 => dressed(),
        3 => prose(),
        2 => reasoning(),
        2 => two_labels(),
        3 => json_shapes(),
        3 => lookalikes(),
        2 => other_names(),
        1 => markup(),
        1 => "[ \\t\\r\\n\u{a0}\u{200b}\u{feff}]{0,20}".prop_map(|it| (it, Due::Invalid)),
        2 => any::<String>().prop_map(|it| (it, Due::Anything)),
        2 => "[\\x00-\\x1f{}\\[\\]\",:<>/codelga ]{0,60}".prop_map(|it| (it, Due::Anything)),
    ]
    .boxed()
}

fn label() -> impl Strategy<Value = &'static str> {
    select(vec!["code", "legal", "general", "none"])
}

fn due(label: &'static str) -> Due {
    if label == "none" { Due::NoMatch } else { Due::Route(label) }
}

/// The label in some case.
fn cased() -> impl Strategy<Value = (String, &'static str)> {
    (label(), any::<u16>()).prop_map(|(label, upper)| {
        let cased = label
            .char_indices()
            .map(|(at, it)| if upper >> at & 1 == 1 { it.to_ascii_uppercase() } else { it });
        (cased.collect(), label)
    })
}

fn dressed() -> impl Strategy<Value = (String, Due)> {
    let dresses = [
        "@",
        "\"@\"",
        "'@'",
        "`@`",
        "**@**",
        "_@_",
        "(@)",
        "  @.\n",
        "- @",
        "1. @",
        "[@]",
        "@!",
        "```\n@\n```",
        "```text\n@\n```",
        "\u{201c}@\u{201d}",
        "«@»",
        "@\0",
        "{\"route\":\"@\"}",
        "```json\n{\"route\": \"@\"}\n```",
        "{\"route\":\" @ \",\"confidence\":0.9}",
        "<answer>@</answer>",
        "@\n\n@",
    ];
    (select(dresses.to_vec()), cased())
        .prop_map(|(dress, (text, label))| (dress.replace('@', &text), due(label)))
}

/// A label among fillers is a choice; among any other words it is none.
fn prose() -> impl Strategy<Value = (String, Due)> {
    let words = |all: Vec<&'static str>| prop::collection::vec(select(all), 0..5).prop_map(|it| it.join(" "));
    let filler = move || words(vec!["the", "route", "is", "I", "would", "pick:", "→", "…", "¿", "*"]);
    let other = select(vec!["think", "certainly!", "это", "答案", "42", "help", "sorry,", "c0de"]);
    (filler(), cased(), filler(), other, 0..3).prop_map(|(before, (text, label), after, other, place)| {
        match place {
            0 => (format!("{before} {text} {after}"), due(label)),
            1 => (format!("{before} {other} {text} {after}"), Due::Invalid),
            _ => (format!("{before} {text} {other} {after}"), Due::Invalid),
        }
    })
}

fn reasoning() -> impl Strategy<Value = (String, Due)> {
    let tag = select(vec!["think", "thinking", "THINK", "reasoning", "reflection"]);
    (tag, label(), cased(), 0..5).prop_map(|(tag, other, (text, label), shape)| match shape {
        0 => (format!("<{tag}>{other}? {other}!</{tag}>{text}"), due(label)),
        1 => (format!("<{tag}>a<{tag}>{other}</{tag}>b</{tag}>\n{text}"), due(label)),
        2 => (format!("{other}</{tag}>{text}"), due(label)),
        3 => (format!("<{tag}>{text}"), Due::Invalid),
        _ => (format!("<{tag}>{other}</{tag}>{text}<{tag}>"), Due::Invalid),
    })
}

fn two_labels() -> impl Strategy<Value = (String, Due)> {
    let between = select(vec![" or ", ", ", "\n", "/", " -> ", "|", "; not "]);
    (label(), between, label()).prop_map(|(one, between, other)| {
        let is_choice = match between {
            " or " => false,
            "; not " => one != other,
            _ => one == other,
        };
        (format!("{one}{between}{other}"), if is_choice { due(one) } else { Due::Invalid })
    })
}

fn json_shapes() -> impl Strategy<Value = (String, Due)> {
    (cased(), 0..9).prop_map(|((text, label), shape)| match shape {
        0 => (json!({ "reason": "so", "route": text }).to_string(), due(label)),
        1 => (
            json!({ "route": text, "url": "http://10.0.0.1/v1", "instance": "inst_vault" }).to_string(),
            due(label),
        ),
        2 => (json!({ "route": "premium", "label": text }).to_string(), Due::Invalid),
        3 => (json!({ "route": format!("{text}-gold") }).to_string(), Due::Invalid),
        4 => (json!({ "label": text }).to_string(), due(label)),
        5 => (json!({ "route": [text] }).to_string(), due(label)),
        6 => (json!({ "route": { "route": text } }).to_string(), due(label)),
        7 => (format!("{{\"route\":\"{text}\""), due(label)),
        _ => (format!("{}{}", "{\"route\":".repeat(200), text), Due::Anything),
    })
}

/// Names that look like a label and are none.
fn lookalikes() -> impl Strategy<Value = (String, Due)> {
    let forms = vec![
        "code2",
        "codes",
        "decode",
        "xcode",
        "code_review",
        "code-review",
        "legal1",
        "illegal",
        "legalese",
        "generally",
        "general-purpose",
        "none2",
        "nonelegal",
        "c\u{43e}de",
        "\u{441}ode",
        "cod\u{435}",
        "\u{ff43}\u{ff4f}\u{ff44}\u{ff45}",
        "co\u{200b}de",
        "le\u{ad}gal",
        "leg\u{251}l",
        "ge\u{301}neral",
        "𝐜𝐨𝐝𝐞",
        "ⓒⓞⓓⓔ",
        "lega\u{131}",
        "edoc",
        "c o d e",
        "c.o.d.e",
        "Y29kZQ==",
        "&#99;ode",
        "\\u0063ode",
        "%63ode",
    ];
    (select(forms), select(vec!["@", "\"@\"", "{\"route\":\"@ \"}", "It is @."])).prop_map(|(form, dress)| {
        (dress.replace('@', form), if form.starts_with('\\') { Due::Anything } else { Due::Invalid })
    })
}

/// Names of things that exist beside this balancer's routes, and of things that do not.
fn other_names() -> impl Strategy<Value = (String, Due)> {
    let names = vec![
        "premium",
        "vault",
        "sb_vault",
        "inst_vault",
        "inst_router",
        "tg_pool",
        "open",
        "default",
        "router",
        "http://127.0.0.1:1/v1",
        "https://evil.example/v1",
        "../../admin",
        "premium; DROP TABLE routes",
        "${jndi:ldap://evil}",
        "{{route}}",
        "*",
        "null",
        "undefined",
        "0",
        "-1",
        "true",
    ];
    (select(names), select(vec!["@", "{\"route\":\"@\"}", "route to @", "<think>hm</think>@"])).prop_map(
        |(name, dress)| {
            let is_null = name == "null" && ["@", "<think>hm</think>@"].contains(&dress);
            (dress.replace('@', name), if is_null { Due::NoMatch } else { Due::Invalid })
        },
    )
}

fn markup() -> impl Strategy<Value = (String, Due)> {
    let forms = vec![
        "<!doctype html><title>502</title><h1>Bad Gateway</h1>",
        "<script>alert('code')</script>",
        "data: {\"choices\":[{\"delta\":{\"content\":\"code\"}}]}\n\ndata: [DONE]\n\n",
        "event: error\ndata: {\"error\":{\"message\":\"legal\"}}\n\n",
        "HTTP/1.1 200 OK\r\nx-sb-route: premium\r\n\r\ncode",
        "{\"error\":{\"message\":\"no\",\"code\":500}}",
        "[TOOL_CALL]{\"name\":\"route\",\"arguments\":{\"to\":\"premium\"}}",
        "<|im_start|>assistant\ncode<|im_end|>",
        "\u{1b}[1mcode\u{1b}[0m",
    ];
    select(forms).prop_map(|it| (it.to_owned(), Due::Anything))
}
