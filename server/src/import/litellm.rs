//! A LiteLLM proxy's `config.yaml` (<https://docs.litellm.ai/docs/proxy/configs>).
//!
//! Each deployment of `model_list` becomes an instance, deployments of one `model_name` a target group, each
//! `model_name` a balancer that serves it, with its fallbacks as further routes.

mod automatic;
mod deployment;
mod front;
mod pool;
mod settings;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use self::{deployment::Deployment, settings::Settings};
use super::{
    Converted,
    draft::Draft,
    model,
    tree::{Leftovers, Node, as_text},
};

/// What the file says of itself that deployments are read by.
pub(super) struct Context<'v> {
    /// The vendors whose address the file changes, as they are spelled in environment variables; empty means all.
    moved: BTreeSet<String>,
    /// The mode that some deployment of a `model_name` states.
    modes: BTreeMap<&'v str, &'static str>,
    /// Every `model_name`.
    names: BTreeSet<&'v str>,
}

/// A deployment's `model_name` with the path of its first deployment.
type Models<'v> = BTreeMap<&'v str, (String, Vec<Deployment>)>;

pub(super) fn convert(file: &Value) -> Converted {
    let (left, mut draft) = (Leftovers::default(), Draft::default());
    let mut top = opened(file, &left);
    if !top.is_there() {
        left.tell("", "This is no LiteLLM configuration: it has no fields.");
    }
    let list = top.list("model_list", &left);
    let mut context = context(&list);
    let settings = Settings::read(&mut top, &mut context.moved, &left);
    let models = deployments(&mut draft, list, &context, &left);
    if models.is_empty() {
        left.tell(top.path_of("model_list"), "No deployment carried over, so there is nothing to import.");
    }
    for section in ["general_settings", "environment_variables", "credential_list", "include"] {
        if top.get(section).is_some() {
            left.tell(top.path_of(section), "It is about that proxy itself; set here what you need of it.");
        }
    }
    top.tell_the_rest(&left);
    let paths = models.iter().map(|(name, (path, _))| (*name, path.clone())).collect();
    let targets = pool::groups(&mut draft, models, settings.policy, &left);
    front::balancers(&mut draft, &targets, &paths, &settings, &left);
    Converted { document: draft.document(), left: left.all() }
}

/// The configuration itself, which may stand in the values of LiteLLM's Helm chart.
fn opened<'v>(file: &'v Value, left: &Leftovers) -> Node<'v> {
    let mut top = Node::of(file, "");
    match file.get("proxy_config") {
        Some(inner) if file.get("model_list").is_none() => {
            left.tell("", "This is a Helm values file: only what stands under proxy_config was read.");
            top.node("proxy_config", left);
            Node::of(inner, "proxy_config")
        }
        _ => top,
    }
}

fn context<'v>(list: &[(String, &'v Value)]) -> Context<'v> {
    let mut context = Context { moved: BTreeSet::new(), modes: BTreeMap::new(), names: BTreeSet::new() };
    for (_, item) in list {
        let Some(name) = as_text(item.get("model_name")).ok() else { continue };
        context.names.insert(name);
        let mode = item.get("model_info").and_then(|it| it.get("mode"));
        if let Some(kind) = as_text(mode).ok().and_then(deployment::workload_of_mode) {
            context.modes.entry(name).or_insert(kind);
        }
    }
    context
}

fn deployments<'v>(
    draft: &mut Draft,
    list: Vec<(String, &'v Value)>,
    context: &Context<'_>,
    left: &Leftovers,
) -> Models<'v> {
    let mut models = Models::new();
    for (path, item) in list {
        let mut entry = Node::of(item, path);
        let Some(name) = model_name(&mut entry, left) else { continue };
        let path = entry.path().to_owned();
        if let Some(deployment) = deployment::read(draft, name, &mut entry, context, left) {
            models.entry(name).or_insert_with(|| (path, Vec::new())).1.push(deployment);
        }
    }
    models
}

/// The name that clients send; `None` if it cannot be read, which is told together with what is wrong with the model.
fn model_name<'v>(entry: &mut Node<'v>, left: &Leftovers) -> Option<&'v str> {
    let words = match model::readable(entry.text("model_name")) {
        Ok(Some(name)) => return Some(name),
        Ok(None) => {
            left.tell(entry.path(), "It has no model_name.");
            return None;
        }
        Err(words) => words,
    };
    let mut params = entry.node("litellm_params", left);
    let model = model::id(params.text("model")).err();
    // One wildcard is told once, where it is sent upstream.
    if words != model::WILDCARD || model.as_ref() != Some(&words) {
        left.tell(entry.path_of("model_name"), words);
    }
    if let Some(words) = model {
        left.tell(params.path_of("model"), words);
    }
    None
}
