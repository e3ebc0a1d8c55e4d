//! Whole files of the shapes that people have: what comes of each, and what is told.

mod automatic;
mod azure;
mod fallbacks;
mod headers;
mod helm;
mod kinds;
mod merges;
mod pools;
mod shares;
mod wildcards;

use super::*;
use crate::import::yaml;

pub(super) const FALLBACKS: &str = include_str!("cases/azure_bedrock_fallbacks.yaml");
pub(super) const MERGES: &str = include_str!("cases/anchors_merge_keys.yaml");
pub(super) const WILDCARDS: &str = include_str!("cases/wildcards.yaml");
pub(super) const SHARES: &str = include_str!("cases/order_weight_gaps.yaml");
pub(super) const HELM: &str = include_str!("cases/helm_values.yaml");
pub(super) const AUTOMATIC: &str = include_str!("cases/automatic_routers.yaml");
pub(super) const KINDS: &str = include_str!("cases/kinds_of_models.yaml");
pub(super) const POOLS: &str = include_str!("cases/portkey_fallback_of_pools.json");

/// Prefixes and providers that the files use, with the address that each names.
const VENDORS: [(&str, &str); 6] = [
    ("openai", "https://api.openai.com/v1"),
    ("gpt-", "https://api.openai.com/v1"),
    ("anthropic/", "https://api.anthropic.com/v1"),
    ("gemini/", "https://generativelanguage.googleapis.com/v1beta/openai"),
    ("groq", "https://api.groq.com/openai/v1"),
    ("mistral/", "https://api.mistral.ai/v1"),
];

/// A file as editors on Windows save it.
fn with_windows_ends(text: &str) -> String {
    format!("\u{feff}{}", text.replace('\n', "\r\n"))
}

/// All objects of a file that hold a key, each with the address that it names.
fn keys_of(value: &Value, found: &mut Vec<(String, String)>) {
    let text = |name: &str| value.get(name).and_then(Value::as_str).map(str::trim);
    if let Some(key) = text("api_key") {
        let own = ["api_base", "base_url", "custom_host"].into_iter().find_map(text);
        let named = text("model").or_else(|| text("provider")).unwrap_or_default();
        let vendor = VENDORS.iter().find(|it| named.starts_with(it.0)).map_or("", |it| it.1);
        found.push((key.to_owned(), own.unwrap_or(vendor).to_owned()));
    }
    match value {
        Value::Array(items) => items.iter().for_each(|it| keys_of(it, found)),
        Value::Object(fields) => fields.values().for_each(|it| keys_of(it, found)),
        _ => {}
    }
}

#[test]
fn a_key_and_its_address_stand_in_one_entry() {
    let mut checked = 0;
    for (from, text) in [
        (ImportFormat::Litellm, FALLBACKS),
        (ImportFormat::Litellm, MERGES),
        (ImportFormat::Litellm, WILDCARDS),
        (ImportFormat::Litellm, SHARES),
        (ImportFormat::Litellm, HELM),
        (ImportFormat::Litellm, AUTOMATIC),
        (ImportFormat::Litellm, KINDS),
        (ImportFormat::Portkey, POOLS),
    ] {
        for text in [text.to_owned(), with_windows_ends(text)] {
            let (document, left) = converted(from, &text);
            let mut keys = Vec::new();
            keys_of(&yaml::read(&text).unwrap(), &mut keys);
            for (address, key) in endpoints(&document) {
                let Some(key) = key else { continue };
                let stands = |it: &&(String, String)| {
                    it.0 == key && !it.1.is_empty() && address.starts_with(it.1.trim_end_matches('/'))
                };
                assert!(keys.iter().find(stands).is_some(), "{key} at {address}: {keys:#?}");
                checked += 1;
            }
            assert!(!format!("{left:?}").contains("canary"), "{left:#?}");
        }
    }
    assert!(checked > 40, "{checked} keys were looked at");
}
