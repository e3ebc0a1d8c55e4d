//! Hints about intents: a router model can only tell routes apart that their sentences tell apart.

use std::collections::BTreeSet;

use crate::domain::{
    config::{balancer::Route, words},
    field_error::FieldError,
    limits,
};

/// Two intents overlap where they share this part of the words of the shorter one.
const OVERLAP: f64 = 0.75;
/// What says that a default takes all the rest.
const GENERAL: &[&str] = &[
    "all",
    "ambiguous",
    "any",
    "anything",
    "default",
    "else",
    "every",
    "everything",
    "fallback",
    "general",
    "generic",
    "no",
    "none",
    "not",
    "other",
    "others",
    "otherwise",
    "remaining",
    "rest",
    "unclear",
    "unknown",
    "whatever",
];
/// What sounds like something and says nothing.
const VAGUE: &[&str] = &[
    "stuff",
    "thing",
    "things",
    "general",
    "generic",
    "misc",
    "miscellaneous",
    "question",
    "questions",
    "various",
];

pub(super) fn check(routes: &[Route], warnings: &mut Vec<FieldError>) {
    let telling: Vec<_> = routes.iter().map(|route| words::telling(&route.intent)).collect();
    for (place, route) in routes.iter().enumerate().filter(|(_, route)| !route.intent.trim().is_empty()) {
        let mut warn = |code: &str, message: String| {
            warnings.push(FieldError::new(format!("routes[{place}].intent"), code, message));
        };
        if route.intent.chars().count() > limits::INTENT_LONG_CHARS {
            warn(
                "intent_too_long",
                "Shorten the intent to one plain sentence; routers read those best.".to_owned(),
            );
        }
        let is_all_else = route.is_default && !is_specific(&route.intent);
        if !is_all_else && !is_sentence(&route.intent) {
            let message = "Write the intent as a sentence; “The user asks about an invoice” is one.";
            warn("intent_not_a_sentence", message.to_owned());
        } else if !route.is_default && is_vague(&route.intent) {
            warn("intent_vague", "Say which prompts belong here; this could be any of them.".to_owned());
        }
        if route.is_default && is_specific(&route.intent) {
            let message = "Describe the default as everything else; it answers when no other intent matches.";
            warn("default_intent_specific", message.to_owned());
        }
        let twin = (0..place).find(|other| overlap(&telling[*other], &telling[place]));
        if let Some(twin) = twin {
            let message = format!(
                "Tell this intent apart from that of “{}”; they read nearly the same.",
                routes[twin].name
            );
            warn("intents_overlap", message);
        }
    }
}

fn overlap(one: &BTreeSet<String>, other: &BTreeSet<String>) -> bool {
    let shorter = one.len().min(other.len());
    #[expect(clippy::cast_precision_loss, reason = "an intent has at most 300 words")]
    let shared = one.intersection(other).count() as f64 / shorter.max(1) as f64;
    shorter > 0 && shared >= OVERLAP
}

/// Whether it reads like a declarative sentence. Texts that do not put spaces between words are not judged.
fn is_sentence(intent: &str) -> bool {
    let unspaced = intent.chars().any(|it| it.is_alphabetic() && it > '\u{2e7f}');
    let words = intent.split_whitespace().filter(|it| it.chars().any(char::is_alphabetic)).count();
    unspaced || words >= 3 && !intent.trim_end().ends_with('?')
}

fn is_vague(intent: &str) -> bool {
    let words = words::words(intent);
    intent.is_ascii() && words.iter().all(|it| words::is_stop_word(it) || VAGUE.contains(&it.as_str()))
}

fn is_specific(intent: &str) -> bool {
    let words = words::words(intent);
    intent.is_ascii() && !words.iter().any(|it| GENERAL.contains(&it.as_str()))
}
