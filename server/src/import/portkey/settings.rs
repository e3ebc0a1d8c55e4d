//! Settings that targets share with the config and the pools that hold them.

use app::domain::range;

use crate::import::{
    endpoint::{self, Address},
    model,
    tree::{Leftovers, Node, as_number},
};

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
    pub(super) address: Address<'v>,
    pub(super) model: Model<'v>,
    pub(super) timeout_ms: Option<f64>,
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
pub(super) enum Model<'v> {
    /// None.
    Absent,
    /// A model, and the slug of a key that is stored at Portkey, if it names one.
    Is(&'v str, Option<&'v str>),
    /// An unreadable model; this was reported.
    Unusable,
}

/// Reports checks that may deny calls, because people may rely on them.
pub(super) fn report_checks(node: &mut Node<'_>, left: &Leftovers) {
    for name in CHECKS {
        if node.get(name).is_some() {
            left.report(
                node.path_of(name),
                "Checks have no counterpart: no call and no answer is denied by them any more.",
            );
        }
    }
}

/// The address in a node; one that cannot be read is reported.
pub(super) fn address<'v>(node: &mut Node<'v>, left: &Leftovers) -> Address<'v> {
    endpoint::address(node, &["custom_host", "customHost"], left)
}

/// Reads the model and reports the other parameters.
pub(super) fn own_model<'v>(node: &mut Node<'v>, left: &Leftovers) -> Model<'v> {
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

/// The path of a parameter of a node.
pub(super) fn params_path(node: &mut Node<'_>, name: &str) -> String {
    let params = params_name(node);
    format!("{}.{name}", node.path_of(params))
}

/// The time limit in milliseconds; one that cannot be read is reported.
pub(super) fn timeout_ms(node: &mut Node<'_>, left: &Leftovers) -> Option<f64> {
    let name = if node.get("requestTimeout").is_some() { "requestTimeout" } else { "request_timeout" };
    let value = node.get(name)?;
    let Some(ms) = as_number(value).filter(|it| *it > 0.0) else {
        left.report(node.path_of(name), "It is not a number of milliseconds, so it was left out.");
        return None;
    };
    Some(ms.round().clamp(range::TIMEOUT_MS.min as f64, range::TIMEOUT_MS.max as f64))
}
