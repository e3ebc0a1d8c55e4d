//! LiteLLM's automatic routers, which cannot be imported without a router model.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::import::tree::{Leftovers, Node, Text, as_text};

/// Maximum number of reported model names.
const NAMES: usize = 5;

/// Whether a provider is a router over other models of the file.
pub(super) fn is_router(provider: &str) -> bool {
    provider == "auto_router"
}

/// Reports an automatic router and how to replace it. Only names of the file's own models are quoted.
pub(super) fn report(params: &mut Node<'_>, models: &BTreeSet<&str>, left: &Leftovers) {
    let path = params.path_of("model");
    let is_complexity = params.text("model").ok().is_some_and(|it| it.contains("complexity"));
    match is_complexity || params.get("complexity_router_config").is_some() {
        true => report_complexity(params, path, models, left),
        false => report_semantic(params, path, models, left),
    }
    params.report_unread(left);
}

/// A router that goes by what a call is about.
fn report_semantic(params: &mut Node<'_>, path: String, models: &BTreeSet<&str>, left: &Leftovers) {
    let config = params.get("auto_router_config");
    let parsed = config.map(|it| match it {
        Value::String(text) => serde_json::from_str(text).ok(),
        other => Some(other.clone()),
    });
    let routes = parsed.iter().flatten().find_map(|it| it.get("routes")).and_then(Value::as_array);
    let is_told = |it: &&str| models.contains(it) && it.chars().count() <= 40;
    let names = routes.into_iter().flatten().filter_map(|it| as_text(it.get("name")).ok());
    let routes: Vec<_> = names.filter(is_told).take(NAMES).collect();
    let default = params.text("auto_router_default_model").ok().filter(is_told);
    let parts = match (routes.is_empty(), default) {
        (true, None) => String::new(),
        (true, Some(default)) => format!(" with the default {default}"),
        (false, None) => format!(" with the routes {}", routes.join(", ")),
        (false, Some(default)) => format!(" with the routes {} and the default {default}", routes.join(", ")),
    };
    left.report(path, format!("This is an automatic router; make an intent balancer{parts}."));
    match parsed {
        None => {}
        Some(None) => left.report(
            params.path_of("auto_router_config"),
            "It is not valid JSON, so its routes are not listed; take their descriptions as intents.",
        ),
        Some(Some(_)) => left.report(
            params.path_of("auto_router_config"),
            "Descriptions can be intents and utterances examples; encoders and score thresholds have no counterpart, \
             since a router model is asked instead.",
        ),
    }
    let asked_instead = "It has no counterpart: a router model is asked instead.";
    let other_file = "It names another file; take its routes from there.";
    for (name, words) in
        [("auto_router_embedding_model", asked_instead), ("auto_router_config_path", other_file)]
    {
        if params.get(name).is_some() {
            left.report(params.path_of(name), words);
        }
    }
}

/// A router that goes by how difficult a call is.
fn report_complexity(params: &mut Node<'_>, path: String, models: &BTreeSet<&str>, left: &Leftovers) {
    let words = "This router goes by difficulty, which has no counterpart; make an intent balancer, or call its models by \
                 name.";
    left.report(path, words);
    let mut config = params.node("complexity_router_config", left);
    let mut tiers = config.node("tiers", left);
    let all: Vec<_> = tiers.unread().collect();
    for (name, value) in all {
        tiers.get(name);
        let one = [value.clone()];
        let named = value.as_array().map_or(&one[..], Vec::as_slice);
        let is_there = |it: &Value| matches!(as_text(Some(it)), Text::Is(name) if models.contains(name));
        let words = match named.iter().all(is_there) {
            true => "Tiers have no counterpart.",
            false => "Tiers have no counterpart, and this one leads to a model that is not there.",
        };
        left.report(tiers.path_of(name), words);
    }
    config.report_unread(left);
}
