//! Sections that apply to all models: routing policy, attempts, fallbacks, aliases, and changed addresses of vendors.

use std::collections::{BTreeMap, BTreeSet};

use app::domain::limits;
use serde_json::Value;

use crate::import::{
    model,
    tree::{Leftovers, Node, Text, as_text},
};

/// A name with its position in the file.
pub(super) struct NamedModel {
    pub(super) path: String,
    pub(super) name: String,
}

/// The settings of these sections.
pub(super) struct Settings {
    pub(super) policy: &'static str,
    pub(super) max_attempts: u64,
    /// Fallbacks by model; `*` for models without their own.
    pub(super) fallbacks: BTreeMap<String, Vec<NamedModel>>,
    pub(super) default_fallbacks: Vec<NamedModel>,
    /// The model of each alias.
    pub(super) aliases: BTreeMap<String, NamedModel>,
}

impl Settings {
    /// Reads the sections. Adds the vendors whose address they change to `moved`; see [`super::Context`].
    pub(super) fn read(top: &mut Node<'_>, moved: &mut BTreeSet<String>, left: &Leftovers) -> Self {
        let mut settings = Self {
            policy: "weighted_random",
            max_attempts: 3,
            fallbacks: BTreeMap::new(),
            default_fallbacks: Vec::new(),
            aliases: BTreeMap::new(),
        };
        for section in ["litellm_settings", "router_settings"] {
            settings.section(&mut top.node(section, left), moved, left);
        }
        let variables = Node::of(
            top.get("environment_variables").unwrap_or(&Value::Null),
            top.path_of("environment_variables"),
        );
        for (name, _) in variables.unread() {
            let vendor = ["_API_BASE", "_BASE_URL", "_API_URL"].iter().find_map(|it| name.strip_suffix(it));
            if let Some(vendor) = vendor.map(plain).filter(|it| !it.is_empty()) {
                moved.insert(vendor);
                let words = "It changes the address of a vendor; deployments that rely on it were left out.";
                left.report(variables.path_of(name), words);
            }
        }
        settings
    }

    fn section(&mut self, node: &mut Node<'_>, moved: &mut BTreeSet<String>, left: &Leftovers) {
        if node.get("api_base").is_some() {
            moved.insert(String::new());
            let words = "It changes the address of vendors; deployments without an address of their own were left out.";
            left.report(node.path_of("api_base"), words);
        }
        self.fallbacks(node, left);
        for (path, item) in node.list("default_fallbacks", left) {
            self.default_fallbacks.extend(named(path, item, left));
        }
        for name in ["context_window_fallbacks", "content_policy_fallbacks"] {
            if node.get(name).is_some() {
                let words = "It acts on refusals of a request, which go back to the client here.";
                left.report(node.path_of(name), words);
            }
        }
        if let Some(retries) = node.number("num_retries", left) {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "clamped just before"
            )]
            let attempts = (retries + 1.0).clamp(1.0, limits::ATTEMPTS as f64) as u64;
            self.max_attempts = attempts;
        }
        match node.text("routing_strategy") {
            Text::Absent => {}
            Text::Is("simple-shuffle") => self.policy = "weighted_random",
            Text::Is("least-busy") => self.policy = "least_in_flight",
            Text::Is("latency-based-routing") => self.policy = "lowest_latency",
            Text::Is(_) | Text::Mistyped => {
                self.policy = "weighted_round_robin";
                let words = "This strategy has no counterpart; the groups use weighted round robin.";
                left.report(node.path_of("routing_strategy"), words);
            }
        }
        self.aliases(node, left);
        node.report_unread(left);
    }

    /// Reads a list of mappings, or one mapping, from each model to its fallbacks.
    fn fallbacks(&mut self, node: &mut Node<'_>, left: &Leftovers) {
        let path = node.path_of("fallbacks");
        let mut add = |path: String, model: &str, others: &Value| {
            let one = [others.clone()];
            let others = others.as_array().map_or(&one[..], Vec::as_slice);
            let names: Vec<_> = others.iter().filter_map(|it| named(path.clone(), it, left)).collect();
            self.fallbacks.entry(model.trim().to_owned()).or_default().extend(names);
        };
        let value = node.get("fallbacks");
        if let Some(mapping) = value.and_then(Value::as_object) {
            let node = Node::of(value.unwrap_or(&Value::Null), path);
            for (model, others) in mapping {
                add(node.path_of(model), model, others);
            }
            return;
        }
        for (path, item) in node.list("fallbacks", left) {
            match item.as_object() {
                Some(mapping) => mapping.iter().for_each(|(model, others)| add(path.clone(), model, others)),
                None => left.report(path, "It names no model, so it was left out."),
            }
        }
    }

    fn aliases(&mut self, node: &mut Node<'_>, left: &Leftovers) {
        let mut aliases = node.node("model_group_alias", left);
        let all: Vec<_> = aliases.unread().collect();
        for (alias, value) in all {
            aliases.get(alias);
            let path = aliases.path_of(alias);
            if let Err(words) = model::readable(Text::Is(alias)) {
                left.report(path, words);
                continue;
            }
            let model = match value {
                Value::Object(_) => as_text(value.get("model")),
                plain => as_text(Some(plain)),
            };
            let Some(name) = model.ok().map(str::to_owned) else {
                left.report(path, "An alias leads to one model; this one was left out.");
                continue;
            };
            if value.get("hidden").is_some_and(|it| *it == Value::Bool(true)) {
                left.report(&path, "It is not hidden here: clients see it in the list of models.");
            }
            self.aliases.insert(alias.trim().to_owned(), NamedModel { path, name });
        }
    }
}

/// The model that an item of a list of fallbacks names.
fn named(path: String, item: &Value, left: &Leftovers) -> Option<NamedModel> {
    let name = match item {
        Value::Object(_) => as_text(item.get("model")),
        plain => as_text(Some(plain)),
    };
    let Some(name) = name.ok().map(str::to_owned) else {
        left.report(path, "It names no model to fall back to, so it was left out.");
        return None;
    };
    Some(NamedModel { path, name })
}

/// A provider's name in the form that environment variables and prefixes share: letters and digits only.
pub(super) fn plain(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|it| it.to_ascii_lowercase()).collect()
}
