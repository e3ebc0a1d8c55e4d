//! A Portkey config (<https://portkey.ai/docs/product/ai-gateway/configs>).
//!
//! Each target with an address becomes an instance; the config becomes one balancer, whose routes are its targets: by
//! weight for `loadbalance`, in order for `fallback`. A target that holds targets itself becomes a target group.

use app::domain::{limits, range};
use serde_json::{Value, json};

use super::{
    Converted,
    draft::{Draft, Front, Seat, Target, Way, serving_name, whole_weights},
    providers,
    tree::{Leftovers, Node, as_number, as_text},
};

/// The deepest nesting of targets that is followed.
const DEPTH: usize = 8;

/// How targets share the calls.
#[derive(Clone, Copy, PartialEq)]
enum Mode {
    Loadbalance,
    Fallback,
}

pub(super) fn convert(file: &Value) -> Converted {
    let (left, mut draft) = (Leftovers::default(), Draft::default());
    let (config, path, name) = unwrapped(file);
    let mut top = Node::of(config, path);
    let named = top.text("name").or(name).unwrap_or("Portkey config").to_owned();
    let mode = mode(&mut top, &left);
    let mut ways = Vec::new();
    let mut weights = Vec::new();
    let mut targets = top.list("targets");
    let lone = config.clone();
    if targets.is_empty() {
        // Without targets the config is one itself.
        targets.push((top.path().to_owned(), &lone));
    }
    if targets.len() > limits::ROUTES {
        left.tell(top.path_of("targets"), format!("Only the first {} targets carried over.", limits::ROUTES));
    }
    for (path, item) in targets.into_iter().take(limits::ROUTES) {
        if let Some((target, weight)) = target(&mut draft, item, path, 0, &left) {
            ways.push(target);
            weights.push(weight);
        }
    }
    let weighted = mode == Mode::Loadbalance;
    let weights = if weighted { whole_weights(&weights) } else { vec![100; ways.len()] };
    if let Some(first) = ways.first().map(|it| it.workload) {
        let ways: Vec<_> = ways
            .into_iter()
            .zip(weights)
            .filter(|(it, _)| it.workload == first)
            .map(|(target, weight)| Way { target, weight })
            .collect();
        let attempts = (ways.len() as u64).clamp(3, limits::ATTEMPTS);
        let serving = serving_name(&named).unwrap_or_else(|| "portkey-config".to_owned());
        let strategy = if weighted { "weighted" } else { "failover" };
        draft.balancer(&Front {
            name: &named,
            serving_name: &serving,
            strategy,
            max_attempts: attempts,
            ways,
        });
        left.tell(
            "",
            format!("A config has no model id of its own; clients send “{serving}” until you change it."),
        );
    } else {
        left.tell("targets", "No target carried over, so there is nothing to import.");
    }
    if !config.get("targets").is_none_or(Value::is_null) {
        top.tell_the_rest(&left);
    }
    Converted { document: draft.document(), left: left.all() }
}

/// The config itself, also where it stands in an answer of Portkey's API, and what it is called there.
fn unwrapped(file: &Value) -> (&Value, &'static str, Option<&str>) {
    for (outer, path) in [(file.get("data"), "data.config"), (Some(file), "config")] {
        if let Some(config) = outer.and_then(|it| it.get("config")).filter(|it| it.is_object()) {
            return (config, path, as_text(outer.and_then(|it| it.get("name"))));
        }
    }
    (file, "", None)
}

fn mode(node: &mut Node<'_>, left: &Leftovers) -> Mode {
    let mut strategy = node.node("strategy");
    let mode = match strategy.text("mode") {
        Some("loadbalance") => Mode::Loadbalance,
        Some("fallback" | "single") | None => Mode::Fallback,
        Some(_) => {
            let words = "This mode has no counterpart; the targets are tried in their order.";
            left.tell(strategy.path_of("mode"), words);
            Mode::Fallback
        }
    };
    if strategy.either("on_status_codes", "onStatusCodes").is_some() {
        let words = "Which answers fail over is fixed here: timeouts, lost connections, 408, 429 and 5xx.";
        left.tell(strategy.path_of("on_status_codes"), words);
    }
    strategy.tell_the_rest(left);
    mode
}

/// A target with its weight: an instance, or a group where it holds targets itself.
fn target(
    draft: &mut Draft,
    item: &Value,
    path: String,
    depth: usize,
    left: &Leftovers,
) -> Option<(Target, f64)> {
    let mut node = Node::of(item, path);
    let weight = as_number(node.get("weight")).unwrap_or(1.0);
    let nested = node.list("targets");
    if nested.is_empty() {
        return instance(draft, &mut node, left).map(|it| (it, weight));
    }
    if depth == DEPTH {
        left.tell(node.path(), "It is nested too deeply.");
        return None;
    }
    let name = node.text("name").unwrap_or("Portkey pool").to_owned();
    let mode = mode(&mut node, left);
    let (mut members, mut weights) = (Vec::new(), Vec::new());
    for (path, item) in nested.into_iter().take(limits::MEMBERS) {
        let Some((member, weight)) = target(draft, item, path.clone(), depth + 1, left) else { continue };
        if member.kind != app::domain::ids::ObjectKind::Instance {
            left.tell(path, "A pool within a pool has no counterpart; it was left out here.");
            continue;
        }
        members.push(member);
        weights.push(weight);
    }
    node.tell_the_rest(left);
    let kind = members.first()?.workload;
    let weights = if mode == Mode::Loadbalance { whole_weights(&weights) } else { vec![100; members.len()] };
    let seats: Vec<_> = (1..)
        .zip(members.into_iter().zip(weights))
        .filter(|(_, (it, _))| it.workload == kind)
        // In order means one tier each.
        .map(|(place, (target, weight))| Seat {
            target,
            weight,
            priority: if mode == Mode::Fallback { place } else { 1 },
        })
        .collect();
    let policy = if mode == Mode::Fallback { "priority" } else { "weighted_random" };
    draft.group(&name, policy, seats).map(|it| (it, weight))
}

fn instance(draft: &mut Draft, node: &mut Node<'_>, left: &Leftovers) -> Option<Target> {
    let overrides = if node.get("overrideParams").is_some() { "overrideParams" } else { "override_params" };
    let mut params = node.node(overrides);
    // `@slug/model` names the provider as it is kept at Portkey.
    let (slug, model) = match params.text("model") {
        Some(model) => match model.strip_prefix('@').and_then(|it| it.split_once('/')) {
            Some((slug, model)) => (Some(slug), model),
            None => (None, model),
        },
        None => (None, ""),
    };
    params.tell_the_rest(left);
    let provider = node.text("provider");
    let virtual_key = as_text(node.either("virtual_key", "virtualKey"));
    let kept = virtual_key.or(slug).or_else(|| provider.and_then(|it| it.strip_prefix('@')));
    let known = provider.filter(|it| !it.starts_with('@')).or_else(|| kept.and_then(provider_in));
    let address =
        as_text(node.either("custom_host", "customHost")).or_else(|| known.and_then(providers::address));
    let mut body = json!({ "model": model });
    if let Some(key) = as_text(node.either("api_key", "apiKey")) {
        body["api_key"] = json!(key);
    } else if kept.is_some() {
        left.tell(node.path(), "Its key is kept at Portkey; enter it in the instance.");
    }
    if let Some(ms) = as_number(node.either("request_timeout", "requestTimeout")) {
        let ms = ms.round().clamp(range::TIMEOUT_MS.min as f64, range::TIMEOUT_MS.max as f64);
        body["timeouts"] = json!({ "first_byte_ms": ms });
    }
    let name = node.text("name");
    for known in ["weight", "strategy", "targets"] {
        node.get(known);
    }
    node.tell_the_rest(left);
    let Some(address) = address.filter(|it| !it.is_empty()) else {
        left.tell(
            node.path(),
            "Its address is not known here, so it was left out; add the instance by hand.",
        );
        return None;
    };
    body["base_url"] = json!(address);
    let workload = if model.contains("embed") { "embeddings" } else { "chat" };
    let usual = match (model, known.or(kept)) {
        ("", Some(provider)) => provider.to_owned(),
        (model, Some(provider)) => format!("{model} at {provider}"),
        ("", None) => "Portkey target".to_owned(),
        (model, None) => model.to_owned(),
    };
    Some(draft.instance(name.unwrap_or(&usual), workload, body))
}

/// The provider that a slug or virtual key is called after, such as `openai` in `openai-prod`.
fn provider_in(slug: &str) -> Option<&str> {
    let ends = slug.char_indices().filter(|(_, it)| *it == '-').map(|(at, _)| at).chain([slug.len()]);
    ends.map(|end| &slug[..end]).rfind(|it| providers::address(it).is_some())
}
