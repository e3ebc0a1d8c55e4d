//! The kind of calls that a deployment serves.

use super::Context;
use crate::import::{
    document::{CHAT, EMBEDDINGS},
    model::{self, NameHint},
    placeholder::is_placeholder,
    tree::{Leftovers, Node, Text},
};

/// The message for a model of completions.
pub(super) const COMPLETIONS: &str = "A model of completions may refuse chat; call it by /v1/completions.";

/// `chat` or `embeddings` for a mode of LiteLLM.
pub(super) fn of_mode(mode: &str) -> Option<&'static str> {
    match mode {
        "embedding" => Some(EMBEDDINGS),
        "chat" | "completion" | "responses" => Some(CHAT),
        _ => None,
    }
}

/// A mode that a deployment states.
#[derive(Clone, Copy)]
pub(super) enum Stated {
    /// None.
    Nothing,
    /// One that is served here.
    Served(&'static str),
}

/// Reads the stated mode. `None` if it is not served here, which is reported.
pub(super) fn stated(info: &mut Node<'_>, left: &Leftovers) -> Option<Stated> {
    let mode = match info.text("mode") {
        Text::Absent => return Some(Stated::Nothing),
        Text::Is(mode) => mode,
        Text::Mistyped => "",
    };
    let workload = of_mode(mode);
    if workload.is_none() {
        let words = "Only chat and embeddings are served, so this deployment was left out.";
        left.report(info.path_of("mode"), words);
    }
    if mode == "completion" {
        left.report(info.path_of("mode"), COMPLETIONS);
    }
    workload.map(Stated::Served)
}

/// The workload: the stated mode, else the mode of another deployment of the same `model_name`, else what the name of
/// the model implies. `None` if it is not served here, which is reported.
pub(super) fn workload(
    name: &str,
    model: &str,
    stated: Stated,
    params: &Node<'_>,
    info: &mut Node<'_>,
    context: &Context<'_>,
    left: &Leftovers,
) -> Option<&'static str> {
    if let Stated::Served(workload) = stated {
        return Some(workload);
    }
    // What a deployment is called may say nothing about the model.
    let base = info.text("base_model").ok().filter(|it| !is_placeholder(it)).unwrap_or(model);
    let guess = match model::name_hint(base) {
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
