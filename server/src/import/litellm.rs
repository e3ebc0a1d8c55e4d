//! A LiteLLM proxy's `config.yaml` (<https://docs.litellm.ai/docs/proxy/configs>).
//!
//! Each deployment of `model_list` becomes an instance, deployments of one `model_name` a target group, each
//! `model_name` a balancer that serves it, with its fallbacks as further routes.

mod automatic;
mod azure;
mod balancers;
mod deployment;
mod pool;
mod settings;
mod shared;
mod workload;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use self::{deployment::Deployment, settings::Settings, shared::Servers};
use super::{
    Conversion,
    document::DocumentBuilder,
    model,
    tree::{Leftovers, Node, as_text},
};

/// Facts about the file that deployments depend on.
pub(super) struct Context<'v> {
    /// Vendors whose address the file changes, spelled as in environment variables; empty means all.
    moved: BTreeSet<String>,
    /// The mode of each `model_name`, if one of its deployments states it.
    modes: BTreeMap<&'v str, &'static str>,
    /// Every `model_name`.
    names: BTreeSet<&'v str>,
}

/// A deployment's `model_name` with the path of its first deployment.
type Models<'v> = BTreeMap<&'v str, (String, Vec<Deployment>)>;

pub(super) fn convert(file: &Value) -> Conversion {
    let (left, mut document) = (Leftovers::default(), DocumentBuilder::default());
    let mut top = unwrap_chart(file, &left);
    if !top.is_there() {
        left.report("", "This is no LiteLLM configuration: it has no fields.");
    }
    let list = top.list("model_list", &left);
    let (mut context, servers) = context(&list);
    let settings = Settings::read(&mut top, &mut context.moved, &left);
    let models = deployments(&mut document, list, &context, servers, &left);
    if models.is_empty() {
        left.report(top.path_of("model_list"), "No deployment carried over, so there is nothing to import.");
    }
    for section in ["general_settings", "environment_variables", "credential_list", "include"] {
        if top.get(section).is_some() {
            left.report(top.path_of(section), "It is about that proxy itself; set here what you need of it.");
        }
    }
    top.report_unread(&left);
    let paths = models.iter().map(|(name, (path, _))| (*name, path.clone())).collect();
    let targets = pool::groups(&mut document, models, settings.policy, &left);
    balancers::add_all(&mut document, &targets, &paths, &settings, &left);
    Conversion { document: document.document(), left: left.all() }
}

/// The configuration itself, which may be nested in the values of LiteLLM's Helm chart.
fn unwrap_chart<'v>(file: &'v Value, left: &Leftovers) -> Node<'v> {
    let mut top = Node::of(file, "");
    match file.get("proxy_config") {
        Some(inner) if file.get("model_list").is_none() => {
            left.report("", "This is a Helm values file: only what stands under proxy_config was read.");
            top.node("proxy_config", left);
            Node::of(inner, "proxy_config")
        }
        _ => top,
    }
}

fn context<'v>(list: &[(String, &'v Value)]) -> (Context<'v>, Servers<'v>) {
    let mut context = Context { moved: BTreeSet::new(), modes: BTreeMap::new(), names: BTreeSet::new() };
    let mut servers = Servers::default();
    for (_, item) in list {
        let Some(name) = as_text(item.get("model_name")).ok() else { continue };
        context.names.insert(name);
        servers.count(name, &item["litellm_params"]);
        let mode = item.get("model_info").and_then(|it| it.get("mode"));
        if let Some(kind) = as_text(mode).ok().and_then(workload::of_mode) {
            context.modes.entry(name).or_insert(kind);
        }
    }
    (context, servers)
}

fn deployments<'v>(
    document: &mut DocumentBuilder,
    list: Vec<(String, &'v Value)>,
    context: &Context<'_>,
    mut servers: Servers<'v>,
    left: &Leftovers,
) -> Models<'v> {
    let mut models = Models::new();
    for (path, item) in list {
        let mut entry = Node::of(item, path);
        let name = model_name(&mut entry, left);
        let path = entry.path().to_owned();
        let read = name.and_then(|name| {
            Some((name, deployment::read(document, name, &mut entry, context, &mut servers, left)?))
        });
        let Some((name, deployment)) = read else {
            report_place(item, &path, left);
            continue;
        };
        models.entry(name).or_insert_with(|| (path, Vec::new())).1.push(deployment);
    }
    models
}

/// Reports the place of an entry that was left out among the others of its name.
fn report_place(item: &Value, path: &str, left: &Leftovers) {
    for name in ["order", "weight"] {
        if item["litellm_params"].get(name).is_some_and(|it| !it.is_null()) {
            left.report(format!("{path}.litellm_params.{name}"), "It was left out with its entry.");
        }
    }
}

/// The name that clients send; `None` if it cannot be read, which is reported together with errors of the model.
fn model_name<'v>(entry: &mut Node<'v>, left: &Leftovers) -> Option<&'v str> {
    let words = match model::readable(entry.text("model_name")) {
        Ok(Some(name)) => return Some(name),
        Ok(None) => {
            left.report(entry.path(), "It has no model_name.");
            return None;
        }
        Err(words) => words,
    };
    let mut params = entry.node("litellm_params", left);
    let model = model::id(params.text("model")).err();
    // A wildcard is reported once, for the upstream model.
    if words != model::WILDCARD || model.as_ref() != Some(&words) {
        left.report(entry.path_of("model_name"), words);
    }
    if let Some(words) = model {
        left.report(params.path_of("model"), words);
    }
    None
}
