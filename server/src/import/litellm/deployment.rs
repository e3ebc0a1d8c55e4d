//! A deployment of a `model_list` as an instance.

use app::domain::{ids::ObjectKind, limits, range};
use serde_json::json;

use super::{Context, automatic, settings};
use crate::import::{
    document::{CHAT, DocumentBuilder, EMBEDDINGS, Target},
    endpoint::{self, Address, Key},
    model::{self, NameHint},
    providers::{self, Provider},
    tree::{Leftovers, Node, Text},
};

/// A deployment that carried over.
pub(super) struct Deployment {
    pub(super) target: Target,
    pub(super) path: String,
    pub(super) order: Option<f64>,
    /// `weight`, `rpm` and `tpm`.
    pub(super) shares: [Option<f64>; 3],
}

/// Reads a deployment and adds its instance; `None` if it was left out, which is reported.
pub(super) fn read(
    document: &mut DocumentBuilder,
    name: &str,
    entry: &mut Node<'_>,
    context: &Context<'_>,
    left: &Leftovers,
) -> Option<Deployment> {
    if document.is_full(ObjectKind::Instance) {
        left.report(
            entry.path(),
            format!("Only the first {} deployments carry over.", limits::IMPORT_OBJECTS),
        );
        return None;
    }
    let mut params = entry.node("litellm_params", left);
    let mut info = entry.node("model_info", left);
    let written = match model::id(params.text("model")) {
        Ok(Some(model)) => model,
        Ok(None) => {
            left.report(params.path_of("model"), "The deployment names no model, so it was left out.");
            return None;
        }
        Err(words) => {
            left.report(params.path_of("model"), words);
            return None;
        }
    };
    let Served { provider, label, model } = served(written, &mut params, context, left)?;
    let workload = workload(name, model, &params, &mut info, context, left)?;
    let own = own_address(&mut params, left);
    if own == Address::Unusable {
        return None;
    }
    let Some(endpoint) = provider.and_then(|it| endpoint::endpoint(own, it)) else {
        let words = match provider {
            Some(Provider::SelfHosted) => "The deployment has no address, so it was left out.",
            _ => {
                "Neither a prefix nor an address says who serves this model, so the deployment was left out."
            }
        };
        left.report(params.path_of("model"), words);
        return None;
    };
    if own == Address::Absent && is_moved(label, context) {
        let words = "The file gives this provider another address, so the deployment was left out.";
        left.report(params.path_of("model"), words);
        return None;
    }
    let mut body = endpoint.instance(model, params.path_of("api_base"), left);
    if let Key::Literal(key) = endpoint::key(&mut params, &["api_key"], left) {
        body["api_key"] = json!(key);
    }
    if let Some(seconds) = params.number("timeout", left).filter(|it| *it > 0.0) {
        body["timeouts"] = json!({ "first_byte_ms": milliseconds(seconds) });
    }
    if let Some(count) = params.number("max_parallel_requests", left) {
        body["max_in_flight"] = json!(count.min(limits::MAX_IN_FLIGHT as f64).round());
    }
    let order = params.number("order", left);
    let weight = params.number("weight", left);
    let limits = ["rpm", "tpm"].map(|it| params.number(it, left).or_else(|| entry.number(it, left)));
    for (name, _) in ["rpm", "tpm"].iter().zip(limits).filter(|(_, it)| it.is_some()) {
        let words = "It counts as a share of the traffic; the limit itself has no counterpart.";
        left.report(params.path_of(name), words);
    }
    for node in [&params, &info, &*entry] {
        node.report_unread(left);
    }
    let target = document.instance(&format!("{name} at {label}"), workload, body);
    Some(Deployment { target, path: entry.path().to_owned(), order, shares: [weight, limits[0], limits[1]] })
}

/// The provider of a deployment, and its model.
struct Served<'v> {
    /// `None` if the entry does not name it.
    provider: Option<Provider>,
    label: &'v str,
    model: &'v str,
}

/// `None` if the provider does not speak the OpenAI API or cannot be read, which is reported.
fn served<'v>(
    written: &'v str,
    params: &mut Node<'v>,
    context: &Context<'_>,
    left: &Leftovers,
) -> Option<Served<'v>> {
    let prefixed = written.split_once('/');
    let (label, model) = match (params.text("custom_llm_provider"), prefixed) {
        (Text::Is(stated), prefixed) => match prefixed {
            Some((prefix, model)) if prefix == stated => (stated, model),
            // Two vendors are named; only an address tells which of them is meant.
            Some((prefix, _)) if providers::find(prefix).is_some() && !has_address(params) => {
                let words =
                    "It is another provider than the model's prefix names, so the deployment was left out.";
                left.report(params.path_of("custom_llm_provider"), words);
                return None;
            }
            _ => (stated, written),
        },
        (Text::Mistyped, _) => {
            left.report(
                params.path_of("custom_llm_provider"),
                "It is not a text, so the deployment was left out.",
            );
            return None;
        }
        (Text::Absent, Some((prefix, model))) => (prefix, model),
        (Text::Absent, None) => {
            let label = providers::of_bare_model(written);
            // Without an address, only OpenAI's models are known by name.
            let provider = label.and_then(providers::find);
            let provider = match has_address(params) {
                true => provider.or(Some(Provider::SelfHosted)),
                false => provider.filter(|_| label == Some("openai")),
            };
            return Some(Served { provider, label: label.unwrap_or("openai"), model: written });
        }
    };
    if automatic::is_router(label) {
        automatic::report(params, &context.names, left);
        return None;
    }
    if model.is_empty() {
        left.report(params.path_of("model"), "The deployment names no model, so it was left out.");
        return None;
    }
    let provider = providers::find(label);
    if provider.is_none() {
        let words = match label {
            it if it.starts_with("azure") => {
                "An Azure deployment needs an API version and another header for its key, so it was left out."
            }
            "bedrock" | "bedrock_converse" | "sagemaker" | "sagemaker_chat" => {
                "This provider takes signed calls, which have no counterpart, so the deployment was left out."
            }
            _ => "This provider is not known to speak the OpenAI API, so the deployment was left out.",
        };
        let field = if prefixed.is_some_and(|it| it.0 == label) { "model" } else { "custom_llm_provider" };
        left.report(params.path_of(field), words);
        return None;
    }
    Some(Served { provider, label, model })
}

fn has_address(params: &mut Node<'_>) -> bool {
    params.get("api_base").or_else(|| params.get("base_url")).is_some()
}

/// The deployment's own address. One that is stored in a credential or a proxy's settings cannot be read here.
fn own_address<'v>(params: &mut Node<'v>, left: &Leftovers) -> Address<'v> {
    let own = endpoint::address(params, &["api_base", "base_url"], left);
    let elsewhere = ["litellm_credential_name", "use_litellm_proxy"]
        .into_iter()
        .filter(|it| params.get(it).is_some_and(|it| *it != false))
        .collect::<Vec<_>>();
    for name in elsewhere {
        let words = match own {
            Address::Literal(_) => "Its key may be kept there; enter it in the instance.",
            _ => "Its address may be kept there, so the deployment was left out; add the instance by hand.",
        };
        left.report(params.path_of(name), words);
        if own == Address::Absent {
            return Address::Unusable;
        }
    }
    own
}

/// Whether the file changes the vendor's address.
fn is_moved(label: &str, context: &Context<'_>) -> bool {
    let label = settings::plain(label.trim_start_matches("text-completion-"));
    context.moved.iter().any(|it| it.is_empty() || it.len() > 2 && label.starts_with(it.as_str()))
}

/// `chat` or `embeddings` for a mode of LiteLLM.
pub(super) fn workload_of_mode(mode: &str) -> Option<&'static str> {
    match mode {
        "embedding" => Some(EMBEDDINGS),
        "chat" | "completion" | "responses" => Some(CHAT),
        _ => None,
    }
}

/// The workload: the stated mode, else the mode of another deployment of the same `model_name`, else what the model's
/// name implies.
fn workload(
    name: &str,
    model: &str,
    params: &Node<'_>,
    info: &mut Node<'_>,
    context: &Context<'_>,
    left: &Leftovers,
) -> Option<&'static str> {
    let stated = match info.text("mode") {
        Text::Absent => None,
        Text::Is(mode) => Some(workload_of_mode(mode)),
        Text::Mistyped => Some(None),
    };
    if let Some(stated) = stated {
        if stated.is_none() {
            let words = "Only chat and embeddings are served, so this deployment was left out.";
            left.report(info.path_of("mode"), words);
        }
        return stated;
    }
    let guess = match model::name_hint(model) {
        NameHint::Chat => CHAT,
        NameHint::Embeddings => EMBEDDINGS,
        NameHint::NotServed => {
            let words = "By its name it serves neither chat nor embeddings, so it was left out; state its mode if it does.";
            left.report(params.path_of("model"), words);
            return None;
        }
    };
    let workload = context.modes.get(name).copied().unwrap_or(guess);
    if context.modes.contains_key(name) {
        let words = "It states no mode, so the one that others of its model_name state was taken.";
        left.report(params.path_of("model"), words);
    } else if workload == EMBEDDINGS {
        let words = "By its name it was taken for an embeddings model, since it states no mode.";
        left.report(params.path_of("model"), words);
    }
    Some(workload)
}

fn milliseconds(seconds: f64) -> u64 {
    let ms = (seconds * 1_000.0).round().clamp(range::TIMEOUT_MS.min as f64, range::TIMEOUT_MS.max as f64);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped just before")]
    let ms = ms as u64;
    ms
}
