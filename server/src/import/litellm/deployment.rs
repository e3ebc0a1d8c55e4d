//! A deployment of a `model_list` as an instance.

use app::domain::{ids::ObjectKind, limits, range};
use serde_json::{Value, json};

use super::{
    Context, automatic, azure, settings,
    shared::Servers,
    workload::{self, SingleApi, Stated},
};
use crate::import::{
    document::{DocumentBuilder, Target},
    endpoint::{self, Address, Endpoint, Key},
    headers, model,
    providers::{self, Provider},
    tree::{Leftovers, Node, Text},
};

/// The field with the key.
const KEYS: [&str; 1] = ["api_key"];

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
    servers: &mut Servers<'_>,
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
    let stated = workload::stated(&mut info, left)?;
    let Some(written) = written_model(&mut params, left) else {
        own_address(&mut params, left);
        endpoint::report_unusable_keys(&mut params, &KEYS, left);
        return None;
    };
    let Served { provider, label, model } = served(written, &mut params, context, left)?;
    // A prefix of the model's own, such as `openai/responses/gpt-5-pro`.
    let responses = model.strip_prefix("responses/").filter(|it| !it.is_empty());
    let model = responses.unwrap_or(model);
    let workload = workload::workload(name, model, stated, &params, &mut info, context, left)?;
    let own = own_address(&mut params, left);
    let endpoint = match label {
        azure::PROVIDER => azure::endpoint(own, model, &mut params, left),
        _ => endpoint_of(own, provider, label, &params, context, left),
    };
    let Some(endpoint) = endpoint else {
        endpoint::report_unusable_keys(&mut params, &KEYS, left);
        return None;
    };
    let mut body = endpoint.instance(model, params.path_of("api_base"), left);
    if label == azure::PROVIDER {
        body["auth_header"] = json!(azure::KEY_HEADER);
    }
    if let Some(api) = single_api(label, responses.is_some(), stated, &params, left) {
        body["apis"] = api.apis();
    }
    if let Key::Literal(key) = endpoint::key(&mut params, &KEYS, left) {
        body["api_key"] = json!(key);
    }
    let has_own = matches!(own, Address::Literal(_));
    headers::add(&mut body, &mut params, &["extra_headers", "headers"], has_own, left);
    limits_of(&mut params, &mut body, left);
    let (order, shares) = place(&mut params, entry, left);
    report_rest(&mut params, left);
    for node in [&params, &info, &*entry] {
        node.report_unread(left);
    }
    let raw = entry.get("litellm_params").unwrap_or(&Value::Null);
    let (target, is_shared) = servers.instance(name, raw, workload, |is_shared| {
        let named_after = if is_shared { model } else { name };
        document.instance(&format!("{named_after} at {label}"), workload, body)
    });
    if is_shared {
        left.report(entry.path(), "Another entry has the same server, so both use one instance.");
    }
    Some(Deployment { target, path: entry.path().to_owned(), order, shares })
}

/// The address of a deployment; `None` if it is not known, which is reported.
fn endpoint_of<'v>(
    own: Address<'v>,
    provider: Option<Provider>,
    label: &str,
    params: &Node<'_>,
    context: &Context<'_>,
    left: &Leftovers,
) -> Option<Endpoint<'v>> {
    let endpoint = provider.and_then(|it| endpoint::endpoint(own, it));
    let words = match (own, provider) {
        // This was reported.
        (Address::Unusable, _) => return None,
        (Address::Absent, _) if endpoint.is_some() && is_moved(label, context) => {
            "The file gives this provider another address, so the deployment was left out."
        }
        _ if endpoint.is_some() => return endpoint,
        (_, Some(Provider::SelfHosted)) => "The deployment has no address, so it was left out.",
        _ => "Neither a prefix nor an address says who serves this model, so the deployment was left out.",
    };
    left.report(params.path_of("model"), words);
    None
}

/// The API of a model that has no other: the mode says it, the model's own prefix, or the provider.
fn single_api(
    label: &str,
    has_responses_prefix: bool,
    stated: Stated,
    params: &Node<'_>,
    left: &Leftovers,
) -> Option<SingleApi> {
    let api = match stated {
        Stated::Served(_, Some(api)) => return Some(api),
        _ if has_responses_prefix => SingleApi::Responses,
        Stated::Nothing if label.starts_with("text-completion-") => SingleApi::Completions,
        _ => return None,
    };
    left.report(params.path_of("model"), api.words());
    Some(api)
}

/// The model as the file writes it; `None` if it cannot be read, which is reported.
fn written_model<'v>(params: &mut Node<'v>, left: &Leftovers) -> Option<&'v str> {
    let words = match model::id(params.text("model")) {
        Ok(Some(model)) => return Some(model),
        Ok(None) => "The deployment names no model, so it was left out.".to_owned(),
        Err(words) => words,
    };
    left.report(params.path_of("model"), words);
    None
}

/// Reads the timeouts and the limit of calls.
fn limits_of(params: &mut Node<'_>, body: &mut Value, left: &Leftovers) {
    for (name, ours) in [("timeout", "answer_ms"), ("stream_timeout", "first_byte_ms")] {
        if let Some(seconds) = params.number(name, left).filter(|it| *it > 0.0) {
            body["timeouts"][ours] = json!(milliseconds(seconds));
        }
    }
    if let Some(count) = params.number("max_parallel_requests", left) {
        body["max_in_flight"] = json!(count.min(limits::MAX_IN_FLIGHT as f64).round());
    }
}

/// Reads the order, and the weight, rpm and tpm.
fn place<'v>(
    params: &mut Node<'v>,
    entry: &mut Node<'v>,
    left: &Leftovers,
) -> (Option<f64>, [Option<f64>; 3]) {
    let (order, weight) = (params.number("order", left), params.number("weight", left));
    let limits = ["rpm", "tpm"].map(|name| {
        let node = if params.get(name).is_some() { &mut *params } else { &mut *entry };
        let limit = node.number(name, left);
        if limit.is_some() {
            let words = "It only counts as a share of the traffic; as a limit it has no counterpart.";
            left.report(node.path_of(name), words);
        }
        limit
    });
    (order, [weight, limits[0], limits[1]])
}

/// Reports parameters whose loss changes answers, or that are called otherwise here.
fn report_rest(params: &mut Node<'_>, left: &Leftovers) {
    if params.get("organization").is_some() {
        let words = "It is a header; if the key needs it, add OpenAI-Organization to the instance.";
        left.report(params.path_of("organization"), words);
    }
    let extra = params.node("extra_body", left);
    for (name, _) in extra.unread() {
        let words =
            "Calls do not carry it any more, so answers may change; set it in the client or at the server.";
        left.report(extra.path_of(name), words);
    }
}

/// The provider of a deployment, and its model.
struct Served<'v> {
    /// `None` if the entry does not name it, or it is Azure.
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
        (Text::Absent, None) if automatic::is_router(written) => (written, ""),
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
    if provider.is_none() && label != azure::PROVIDER {
        let words = match label {
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

fn milliseconds(seconds: f64) -> u64 {
    let ms = (seconds * 1_000.0).round().clamp(range::TIMEOUT_MS.min as f64, range::TIMEOUT_MS.max as f64);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped just before")]
    let ms = ms as u64;
    ms
}
