//! LiteLLM's automatic routers, which cannot be imported without a router model.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::import::tree::{Leftovers, Node, as_text};

/// Maximum number of reported model names.
const NAMES: usize = 5;

/// Whether a provider is a router over other models of the file.
pub(super) fn is_router(provider: &str) -> bool {
    provider == "auto_router"
}

/// Reports an automatic router and how to replace it. Only names of the file's own models are quoted.
pub(super) fn report(params: &mut Node<'_>, models: &BTreeSet<&str>, left: &Leftovers) {
    let path = params.path_of("model");
    if params.get("complexity_router_config").is_some() {
        let words = "This router goes by difficulty, which has no counterpart; make an intent balancer, or call its models by \
                     name.";
        left.report(path, words);
        return params.report_unread(left);
    }
    let config = params.get("auto_router_config");
    let text = config.and_then(Value::as_str).and_then(|it| serde_json::from_str::<Value>(it).ok());
    let config_read = text.as_ref().or(config);
    let routes = config_read.and_then(|it| it.get("routes")).and_then(Value::as_array).into_iter().flatten();
    let is_told = |it: &&str| models.contains(it) && it.chars().count() <= 40;
    let routes: Vec<_> =
        routes.filter_map(|it| as_text(it.get("name")).ok()).filter(is_told).take(NAMES).collect();
    let default = params.text("auto_router_default_model").ok().filter(is_told);
    let parts = match (routes.is_empty(), default) {
        (true, None) => String::new(),
        (true, Some(default)) => format!(" with the default {default}"),
        (false, None) => format!(" with the routes {}", routes.join(", ")),
        (false, Some(default)) => format!(" with the routes {} and the default {default}", routes.join(", ")),
    };
    left.report(path, format!("This is an automatic router; make an intent balancer{parts}."));
    if config.is_some() {
        let words = "Encoders and score thresholds have no counterpart; a router model is asked instead.";
        left.report(params.path_of("auto_router_config"), words);
    }
    params.report_unread(left);
}
