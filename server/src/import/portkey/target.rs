//! A target of a Portkey config as an instance.

use app::domain::{ids::ObjectKind, limits, range};
use serde_json::json;

use crate::import::{
    document::{CHAT, DocumentBuilder, EMBEDDINGS, Target},
    endpoint::{self, Address, Key},
    model::{self, NameHint},
    placeholder::is_placeholder,
    providers::{self, Provider},
    tree::{Leftovers, Node, Text, as_number, as_text},
};

/// Clouds that serve vendors' models under their own addresses and protocols.
const CLOUDS: [&str; 5] = ["aws", "azure", "bedrock", "sagemaker", "vertex"];

/// Fields with checks of calls and answers.
const CHECKS: [&str; 8] = [
    "before_request_hooks",
    "beforeRequestHooks",
    "after_request_hooks",
    "afterRequestHooks",
    "input_guardrails",
    "inputGuardrails",
    "output_guardrails",
    "outputGuardrails",
];

/// Settings that targets inherit from their config or pool.
#[derive(Clone, Copy)]
pub(super) struct Inherited<'v> {
    address: Address<'v>,
    model: Model<'v>,
    timeout_ms: Option<f64>,
}

impl Default for Inherited<'_> {
    fn default() -> Self {
        Self { address: Address::Absent, model: Model::Absent, timeout_ms: None }
    }
}

impl<'v> Inherited<'v> {
    /// The settings that the targets of this node inherit.
    pub(super) fn below(self, node: &mut Node<'v>, left: &Leftovers) -> Self {
        report_checks(node, left);
        Self {
            address: match address(node, left) {
                Address::Absent => self.address,
                own => own,
            },
            model: match own_model(node, left) {
                Model::Absent => self.model,
                own => own,
            },
            timeout_ms: timeout_ms(node, left).or(self.timeout_ms),
        }
    }
}

/// The model of a target.
#[derive(Clone, Copy, PartialEq)]
enum Model<'v> {
    Absent,
    /// A model, and the slug of a key that is stored at Portkey, if it names one.
    Is(&'v str, Option<&'v str>),
    /// An unreadable model; this was reported.
    Unusable,
}

/// The provider of a target.
struct Served<'v> {
    provider: Provider,
    label: Option<&'v str>,
    /// Whether the target names it, rather than a key that is stored at Portkey.
    is_named: bool,
}

/// Reads a target and adds its instance; `None` if it was left out, which is reported.
pub(super) fn read<'v>(
    document: &mut DocumentBuilder,
    node: &mut Node<'v>,
    inherited: &Inherited<'v>,
    left: &Leftovers,
) -> Option<Target> {
    if document.is_full(ObjectKind::Instance) {
        left.report(node.path(), format!("Only the first {} targets carry over.", limits::IMPORT_OBJECTS));
        return None;
    }
    let own_model = own_model(node, left);
    let own_address = address(node, left);
    let timeout_ms = timeout_ms(node, left).or(inherited.timeout_ms);
    let address = if own_address == Address::Absent { inherited.address } else { own_address };
    let model = if own_model == Model::Absent { inherited.model } else { own_model };
    let (Model::Absent | Model::Is(..)) = model else {
        left.report(node.path(), "Its model cannot be read, so it was left out.");
        return None;
    };
    let (model, slug) = match model {
        Model::Is(model, slug) => (model, slug),
        _ => ("", None),
    };
    let virtual_key = as_text(node.either("virtual_key", "virtualKey")).ok();
    let served = served(node, virtual_key.or(slug), address, left)?;
    let Some(endpoint) = endpoint::endpoint(address, served.provider) else {
        left.report(
            node.path(),
            "Its address is not known here, so it was left out; add the instance by hand.",
        );
        return None;
    };
    let workload = match model::name_hint(model) {
        NameHint::Chat => CHAT,
        NameHint::Embeddings => EMBEDDINGS,
        NameHint::NotServed => {
            let words = "By its name it serves neither chat nor embeddings, so it was left out.";
            left.report(params_path(node, "model"), words);
            return None;
        }
    };
    let mut body = endpoint.instance(model, node.path_of("custom_host"), left);
    // A key belongs to the address or vendor that the target itself names.
    let may_hold_key = match own_address {
        Address::Absent => inherited.address == Address::Absent && served.is_named,
        _ => true,
    };
    match endpoint::key(node, &["api_key", "apiKey"], left) {
        Key::Literal(key) if may_hold_key => body["api_key"] = json!(key),
        Key::Literal(_) => {
            let words =
                "The target does not name the address that this key is for; enter the key in the instance.";
            left.report(node.path_of("api_key"), words);
        }
        Key::Absent | Key::Unusable => {}
    }
    if !served.is_named || virtual_key.or(slug).is_some() {
        let words = match served.is_named {
            true => "Its key is kept at Portkey; enter it in the instance.",
            false => {
                "Its key is kept at Portkey, and its vendor was read from the name of the key; enter the key in the \
                      instance."
            }
        };
        left.report(node.path(), words);
    }
    if model.is_empty() {
        let words =
            "It names no model, so calls carry the serving name as the model; enter one in the instance.";
        left.report(params_path(node, "model"), words);
    }
    if let Some(ms) = timeout_ms {
        body["timeouts"] = json!({ "first_byte_ms": ms });
    }
    let name = node.text("name").ok().filter(|it| !is_placeholder(it));
    for known in ["weight", "strategy", "targets"] {
        node.get(known);
    }
    report_checks(node, left);
    node.report_unread(left);
    let usual = match (model, served.label) {
        ("", Some(provider)) => provider.to_owned(),
        (model, Some(provider)) => format!("{model} at {provider}"),
        ("", None) => "Portkey target".to_owned(),
        (model, None) => model.to_owned(),
    };
    Some(document.instance(name.unwrap_or(&usual), workload, body))
}

/// Reports checks that may deny calls, because people may rely on them.
fn report_checks(node: &mut Node<'_>, left: &Leftovers) {
    for name in CHECKS {
        if node.get(name).is_some() {
            left.report(
                node.path_of(name),
                "Checks have no counterpart: no call and no answer is denied by them any more.",
            );
        }
    }
}

/// The provider of a target; `None` if it cannot be read or does not speak the OpenAI API, which is reported.
fn served<'v>(
    node: &mut Node<'v>,
    kept: Option<&'v str>,
    address: Address<'_>,
    left: &Leftovers,
) -> Option<Served<'v>> {
    let (stated, slug) = match node.text("provider") {
        Text::Is(it) => match it.strip_prefix('@') {
            Some(slug) => (None, Some(slug)),
            None => (Some(it), None),
        },
        Text::Absent => (None, None),
        Text::Mistyped => {
            left.report(node.path_of("provider"), "It is not a text, so the target was left out.");
            return None;
        }
    };
    if let Some(stated) = stated {
        let Some(provider) = providers::find(stated) else {
            let words = "This provider is not known to speak the OpenAI API, so the target was left out.";
            left.report(node.path_of("provider"), words);
            return None;
        };
        return Some(Served { provider, label: Some(stated), is_named: true });
    }
    let kept = kept.or(slug);
    if matches!(address, Address::Literal(_)) {
        return Some(Served {
            provider: Provider::SelfHosted,
            label: kept.and_then(provider_in),
            is_named: kept.is_none(),
        });
    }
    let Some((label, provider)) = kept.and_then(provider_in).and_then(|it| Some((it, providers::find(it)?)))
    else {
        left.report(
            node.path(),
            "Its address is not known here, so it was left out; add the instance by hand.",
        );
        return None;
    };
    Some(Served { provider, label: Some(label), is_named: false })
}

/// The provider that a slug or virtual key is named after, such as `openai` in `openai-prod`. Keys for a cloud's
/// deployments are often named after the model's vendor as well.
fn provider_in(slug: &str) -> Option<&str> {
    if is_placeholder(slug) || slug.split(['-', '_']).any(|it| CLOUDS.contains(&it)) {
        return None;
    }
    let ends = slug.char_indices().filter(|(_, it)| *it == '-').map(|(at, _)| at).chain([slug.len()]);
    ends.map(|end| &slug[..end]).rfind(|it| providers::find(it).is_some())
}

fn address<'v>(node: &mut Node<'v>, left: &Leftovers) -> Address<'v> {
    endpoint::address(node, &["custom_host", "customHost"], left)
}

/// Reads the model and reports the other parameters.
fn own_model<'v>(node: &mut Node<'v>, left: &Leftovers) -> Model<'v> {
    let name = params_name(node);
    let mut params = node.node(name, left);
    let model = match model::id(params.text("model")) {
        Ok(None) => Model::Absent,
        // `@slug/model` names a key that is stored at Portkey.
        Ok(Some(model)) => match model.strip_prefix('@').and_then(|it| it.split_once('/')) {
            Some((slug, model)) => Model::Is(model, Some(slug)),
            None => Model::Is(model, None),
        },
        Err(words) => {
            left.report(params.path_of("model"), words);
            Model::Unusable
        }
    };
    params.report_unread(left);
    model
}

fn params_name(node: &mut Node<'_>) -> &'static str {
    if node.get("overrideParams").is_some() { "overrideParams" } else { "override_params" }
}

fn params_path(node: &mut Node<'_>, name: &str) -> String {
    let params = params_name(node);
    format!("{}.{name}", node.path_of(params))
}

fn timeout_ms(node: &mut Node<'_>, left: &Leftovers) -> Option<f64> {
    let name = if node.get("requestTimeout").is_some() { "requestTimeout" } else { "request_timeout" };
    let value = node.get(name)?;
    let Some(ms) = as_number(value).filter(|it| *it > 0.0) else {
        left.report(node.path_of(name), "It is not a number of milliseconds, so it was left out.");
        return None;
    };
    Some(ms.round().clamp(range::TIMEOUT_MS.min as f64, range::TIMEOUT_MS.max as f64))
}
