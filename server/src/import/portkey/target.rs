//! A target of a Portkey config as an instance.

use app::domain::{ids::ObjectKind, limits};
use serde_json::json;

use super::settings::{Inherited, Model, address, own_model, params_path, report_checks, timeout_ms};
use crate::import::{
    document::{CHAT, DocumentBuilder, EMBEDDINGS, Target},
    endpoint::{self, Address, Key},
    model::{self, NameHint},
    placeholder::is_placeholder,
    providers::{self, Provider},
    tree::{Leftovers, Node, Text, as_text},
};

/// Clouds that serve vendors' models under their own addresses and protocols.
const CLOUDS: [&str; 5] = ["aws", "azure", "bedrock", "sagemaker", "vertex"];

/// Fields of a target that its pool reads.
const SHARING: [&str; 3] = ["weight", "strategy", "targets"];

/// Fields that say what a target is and how it takes part, which is lost with a target that was left out.
const KNOWN: [&str; 13] = [
    "name",
    "weight",
    "strategy",
    "targets",
    "provider",
    "virtual_key",
    "virtualKey",
    "api_key",
    "apiKey",
    "custom_host",
    "customHost",
    "request_timeout",
    "requestTimeout",
];

/// The provider of a target.
struct Served<'v> {
    provider: Provider,
    label: Option<&'v str>,
    /// Whether the target names it, rather than a key that is stored at Portkey.
    is_named: bool,
}

/// Reads a target and adds its instance; `None` if it was left out, which is reported with what it set.
pub(super) fn read<'v>(
    document: &mut DocumentBuilder,
    node: &mut Node<'v>,
    inherited: &Inherited<'v>,
    left: &Leftovers,
) -> Option<Target> {
    let target = instance(document, node, inherited, left);
    if target.is_none() {
        for known in KNOWN {
            node.get(known);
        }
        report_checks(node, left);
        node.report_unread(left);
    }
    target
}

fn instance<'v>(
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
        body["timeouts"] = json!({ "answer_ms": ms });
    }
    let name = node.text("name").ok().filter(|it| !is_placeholder(it));
    for known in SHARING {
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
