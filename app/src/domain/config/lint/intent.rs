//! Warnings about intents. A router model can only distinguish routes if their intents differ.

use std::collections::BTreeSet;

use crate::domain::{
    config::{balancer::Route, words},
    field_error::FieldError,
    limits,
};

/// Two intents overlap if they share this fraction of the shorter one's words.
const OVERLAP: f64 = 0.75;
/// Words of an intent that covers all remaining requests.
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
/// Words without meaning for routing.
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
    let content_stems: Vec<_> = routes.iter().map(|route| words::content_stems(&route.intent)).collect();
    for (place, route) in routes.iter().enumerate().filter(|(_, route)| !route.intent.trim().is_empty()) {
        let mut warn = |code: &str, message: String| {
            warnings.push(FieldError::new(format!("routes[{place}].intent"), code, message));
        };
        if route.intent.chars().count() > limits::INTENT_LONG_CHARS {
            warn(
                "intent_too_long",
                "Shorten the intent to one plain sentence; router models understand those best.".to_owned(),
            );
        }
        let is_all_else = route.is_default && !is_specific(&route.intent);
        if !is_all_else && !is_sentence(&route.intent) {
            let message = "Write the intent as a sentence, such as “The user asks about an invoice”.";
            warn("intent_not_a_sentence", message.to_owned());
        } else if !route.is_default && is_vague(&route.intent) {
            warn(
                "intent_vague",
                "Describe which prompts belong here; this intent could match any prompt.".to_owned(),
            );
        }
        if route.is_default && is_specific(&route.intent) {
            let message = "Describe the default as everything else; it answers when no other intent matches.";
            warn("default_intent_specific", message.to_owned());
        }
        let twin = (0..place).find(|other| overlap(&content_stems[*other], &content_stems[place]));
        if let Some(twin) = twin {
            let message = format!(
                "Distinguish this intent from that of “{}”; they are nearly the same.",
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

/// Whether the intent looks like a declarative sentence. Text in scripts without spaces always does.
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
