//! A LiteLLM proxy's `config.yaml` (<https://docs.litellm.ai/docs/proxy/configs>).
//!
//! Each deployment of `model_list` becomes an instance, deployments of one `model_name` a target group, each
//! `model_name` a balancer that serves it, with its fallbacks as further routes.

use std::collections::BTreeMap;

use app::domain::{limits, range};
use serde_json::{Value, json};

use super::{
    Converted,
    draft::{Draft, Front, Seat, Target, Way, serving_name, whole_weights},
    providers,
    tree::{Leftovers, Node, as_number, as_text},
};

/// One deployment that carried over.
struct Deployment {
    target: Target,
    path: String,
    order: u64,
    /// `weight`, `rpm` and `tpm`.
    shares: [Option<f64>; 3],
}

/// What of the router's settings counts for every model.
struct Routing {
    policy: &'static str,
    max_attempts: u64,
    fallbacks: BTreeMap<String, Vec<String>>,
    for_all: Vec<String>,
    aliases: BTreeMap<String, String>,
}

pub(super) fn convert(file: &Value) -> Converted {
    let (left, mut draft) = (Leftovers::default(), Draft::default());
    let mut top = Node::of(file, "");
    if !top.is_there() {
        left.tell("", "This is no LiteLLM configuration: it has no fields.");
    }
    let routing = routing(&mut top, &left);
    let mut models: BTreeMap<String, Vec<Deployment>> = BTreeMap::new();
    for (path, item) in top.list("model_list") {
        let mut entry = Node::of(item, path);
        let Some(name) = entry.text("model_name") else {
            left.tell(entry.path(), "It has no model_name.");
            continue;
        };
        if let Some(deployment) = deployment(&mut draft, name, &mut entry, &left) {
            models.entry(name.to_owned()).or_default().push(deployment);
        }
    }
    if models.is_empty() {
        left.tell("model_list", "No deployment carried over, so there is nothing to import.");
    }
    for section in ["general_settings", "environment_variables", "include"] {
        if top.get(section).is_some() {
            left.tell(section, "It is about that proxy itself; set here what you need of it.");
        }
    }
    top.tell_the_rest(&left);
    let targets = pools(&mut draft, models, &routing, &left);
    balancers(&mut draft, &targets, &routing, &left);
    Converted { document: draft.document(), left: left.all() }
}

fn routing(top: &mut Node<'_>, left: &Leftovers) -> Routing {
    let mut routing = Routing {
        policy: "weighted_random",
        max_attempts: 3,
        fallbacks: BTreeMap::new(),
        for_all: Vec::new(),
        aliases: BTreeMap::new(),
    };
    for section in ["litellm_settings", "router_settings"] {
        let mut node = top.node(section);
        for (path, item) in node.list("fallbacks") {
            for (model, others) in item.as_object().into_iter().flatten() {
                let names: Vec<_> =
                    others.as_array().into_iter().flatten().filter_map(|it| as_text(Some(it))).collect();
                if names.is_empty() {
                    left.tell(&path, "It names no model to fall back to.");
                }
                let list = routing.fallbacks.entry(model.clone()).or_default();
                list.extend(names.into_iter().map(str::to_owned));
            }
        }
        let for_all = node.list("default_fallbacks");
        routing.for_all.extend(for_all.iter().filter_map(|(_, it)| as_text(Some(it))).map(str::to_owned));
        if let Some(retries) = as_number(node.get("num_retries")) {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "clamped just before"
            )]
            let attempts = (retries + 1.0).clamp(1.0, limits::ATTEMPTS as f64) as u64;
            routing.max_attempts = attempts;
        }
        let strategy = node.text("routing_strategy");
        match strategy {
            None => {}
            Some("simple-shuffle") => routing.policy = "weighted_random",
            Some("least-busy") => routing.policy = "least_in_flight",
            Some("latency-based-routing") => routing.policy = "lowest_latency",
            Some(_) => {
                routing.policy = "weighted_round_robin";
                let words = "This strategy has no counterpart; the groups use weighted round robin.";
                left.tell(node.path_of("routing_strategy"), words);
            }
        }
        let path = node.path_of("model_group_alias");
        for (alias, model) in node.get("model_group_alias").and_then(Value::as_object).into_iter().flatten() {
            let model = as_text(Some(model)).or_else(|| as_text(model.get("model")));
            match model {
                Some(model) => drop(routing.aliases.insert(alias.clone(), model.to_owned())),
                None => left.tell(&path, "An alias names no model."),
            }
        }
        node.tell_the_rest(left);
    }
    routing
}

fn deployment(draft: &mut Draft, name: &str, entry: &mut Node<'_>, left: &Leftovers) -> Option<Deployment> {
    let mut params = entry.node("litellm_params");
    let mut info = entry.node("model_info");
    let Some(model) = params.text("model") else {
        left.tell(params.path_of("model"), "The deployment names no model, so it was left out.");
        return None;
    };
    let workload = match (info.text("mode"), model.contains("embed")) {
        (Some("embedding"), _) => "embeddings",
        (Some("chat" | "completion" | "responses"), _) => "chat",
        (Some(_), _) => {
            left.tell(
                info.path_of("mode"),
                "Only chat and embeddings are served, so this deployment was left out.",
            );
            return None;
        }
        (None, true) => {
            let words = "By its name it was taken for an embeddings model, since it says no mode.";
            left.tell(params.path_of("model"), words);
            "embeddings"
        }
        (None, false) => "chat",
    };
    let named = params.text("custom_llm_provider");
    let (provider, model) = match (named, model.split_once('/')) {
        (Some(provider), _) => (provider, model.strip_prefix(&format!("{provider}/")).unwrap_or(model)),
        (None, Some((provider, model))) => (provider, model),
        (None, None) => ("openai", model),
    };
    let Some(usual) = providers::address(provider) else {
        let words = "This provider is not known to speak the OpenAI API, so the deployment was left out.";
        left.tell(params.path_of("model"), words);
        return None;
    };
    let given = params.text("api_base").or_else(|| params.text("base_url"));
    params.get("base_url");
    let address = match given {
        Some(it) if it.starts_with("os.environ/") => {
            left.tell(params.path_of("api_base"), environment(it, "the address"));
            usual
        }
        Some(it) => it,
        None => usual,
    };
    if address.is_empty() {
        left.tell(params.path_of("api_base"), "The deployment has no address, so it was left out.");
        return None;
    }
    let mut body = json!({ "base_url": address, "model": model });
    match params.text("api_key") {
        Some(key) if key.starts_with("os.environ/") => {
            left.tell(params.path_of("api_key"), environment(key, "the key"))
        }
        Some(key) => body["api_key"] = json!(key),
        None => {}
    }
    if let Some(seconds) = as_number(params.get("timeout")) {
        body["timeouts"] = json!({ "first_byte_ms": milliseconds(seconds) });
    }
    if let Some(count) = as_number(params.get("max_parallel_requests")) {
        body["max_in_flight"] = json!(count.min(limits::MAX_IN_FLIGHT as f64).round());
    }
    let limit = ["rpm", "tpm"].map(|it| as_number(params.get(it)).or_else(|| as_number(entry.get(it))));
    for (name, _) in ["rpm", "tpm"].iter().zip(limit).filter(|(_, it)| it.is_some()) {
        let words = "It counts as a share of the traffic; the limit itself has no counterpart.";
        left.tell(params.path_of(name), words);
    }
    let order = as_number(params.get("order")).map_or(1.0, |it| it.clamp(1.0, limits::PRIORITY as f64));
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped just before")]
    let order = order as u64;
    let weight = as_number(params.get("weight"));
    let path = entry.path().to_owned();
    params.tell_the_rest(left);
    info.tell_the_rest(left);
    entry.tell_the_rest(left);
    let target = draft.instance(&format!("{name} at {provider}"), workload, body);
    Some(Deployment { target, path, order, shares: [weight, limit[0], limit[1]] })
}

fn environment(reference: &str, what: &str) -> String {
    let variable = reference.trim_start_matches("os.environ/");
    let plain = variable.len() <= 80 && variable.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'_');
    let variable = if plain { format!(" {variable}") } else { String::new() };
    format!("It names the environment variable{variable}; enter {what} itself in the instance.")
}

fn milliseconds(seconds: f64) -> u64 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped just before")]
    let ms =
        (seconds * 1_000.0).round().clamp(range::TIMEOUT_MS.min as f64, range::TIMEOUT_MS.max as f64) as u64;
    ms
}

/// One target for each model: its instance, or a group of its instances.
fn pools(
    draft: &mut Draft,
    models: BTreeMap<String, Vec<Deployment>>,
    routing: &Routing,
    left: &Leftovers,
) -> BTreeMap<String, Target> {
    let mut targets = BTreeMap::new();
    for (name, mut deployments) in models {
        let Some(kind) = deployments.first().map(|it| it.target.workload) else { continue };
        deployments.retain(|it| {
            if it.target.workload != kind {
                left.tell(
                    &it.path,
                    "Its model_name serves calls of another kind already; its instance stands alone.",
                );
            }
            it.target.workload == kind
        });
        // The first measure that any deployment has counts for all, as it does there.
        let measure = (0..3).find(|it| deployments.iter().any(|one| one.shares[*it].is_some()));
        let weights: Vec<_> = deployments
            .iter()
            .map(|it| measure.map_or(100.0, |measure| it.shares[measure].unwrap_or_default()))
            .collect();
        let seats = deployments.into_iter().zip(whole_weights(&weights)).map(|(it, weight)| {
            if weight == 0 {
                left.tell(&it.path, "It has no weight beside others that have one, so it gets no traffic.");
            }
            Seat { target: it.target, weight, priority: it.order }
        });
        if let Some(target) = draft.group(&name, routing.policy, seats.collect()) {
            targets.insert(name, target);
        }
    }
    targets
}

fn balancers(draft: &mut Draft, targets: &BTreeMap<String, Target>, routing: &Routing, left: &Leftovers) {
    let own = targets.keys().map(|it| (it.as_str(), it.as_str()));
    let aliases = routing.aliases.iter().map(|(alias, model)| (alias.as_str(), model.as_str()));
    let mut served = std::collections::BTreeSet::new();
    for (name, model) in own.chain(aliases) {
        let Some(target) = targets.get(model) else {
            left.tell("router_settings.model_group_alias", "An alias leads to a model that is not there.");
            continue;
        };
        let Some(serving) = serving_name(name).filter(|it| served.insert(it.to_lowercase())) else {
            left.tell(
                "model_list",
                "A model_name cannot be a serving name here, or two are alike; it has no balancer.",
            );
            continue;
        };
        if serving != name {
            left.tell(
                "model_list",
                format!("A model_name is no serving name here; clients send “{serving}” for it."),
            );
        }
        let mut ways = vec![Way { target: target.clone(), weight: 100 }];
        let listed = routing.fallbacks.get(model).or_else(|| routing.fallbacks.get("*"));
        for other in listed.into_iter().flatten().chain(&routing.for_all).filter(|it| *it != model) {
            match targets.get(other).filter(|it| it.workload == target.workload) {
                Some(it) if ways.iter().any(|way| way.target.id == it.id) => {}
                Some(it) if ways.len() < limits::ROUTES => ways.push(Way { target: it.clone(), weight: 100 }),
                _ => left.tell(
                    "router_settings.fallbacks",
                    "A fallback leads to a model that did not carry over.",
                ),
            }
        }
        let max_attempts = routing.max_attempts.max(ways.len().min(limits::ATTEMPTS as usize) as u64);
        draft.balancer(&Front { name, serving_name: &serving, strategy: "failover", max_attempts, ways });
    }
}
