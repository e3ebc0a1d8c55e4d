//! The kind of calls that a deployment serves.

use serde_json::{Value, json};

use super::Context;
use crate::import::{
    document::{CHAT, EMBEDDINGS},
    model::{self, NameHint},
    placeholder::is_placeholder,
    tree::{Leftovers, Node, Text},
};

/// `chat` or `embeddings` for a mode of LiteLLM.
pub(super) fn of_mode(mode: &str) -> Option<&'static str> {
    match mode {
        "embedding" => Some(EMBEDDINGS),
        "chat" | "completion" | "responses" => Some(CHAT),
        _ => None,
    }
}

/// The API of a chat model that does not speak chat completions.
#[derive(Clone, Copy)]
pub(super) enum SingleApi {
    Completions,
    Responses,
}

impl SingleApi {
    fn of_mode(mode: &str) -> Option<Self> {
        match mode {
            "completion" => Some(Self::Completions),
            "responses" => Some(Self::Responses),
            _ => None,
        }
    }

    /// The message for a deployment that has it.
    pub(super) fn words(self) -> String {
        format!("It is served by /v1/{} alone, since calls are not translated here.", self.as_str())
    }

    /// The APIs of its instance.
    pub(super) fn apis(self) -> Value {
        json!({ "chat_completions": "no", self.as_str(): "yes" })
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::Completions => "completions",
            Self::Responses => "responses",
        }
    }
}

/// A mode that a deployment states.
#[derive(Clone, Copy)]
pub(super) enum Stated {
    /// None.
    Nothing,
    /// One that is served here, by this API alone if it names one.
    Served(&'static str, Option<SingleApi>),
}

/// Reads the stated mode. `None` if it is not served here, which is reported.
pub(super) fn stated(info: &mut Node<'_>, left: &Leftovers) -> Option<Stated> {
    let mode = match info.text("mode") {
        Text::Absent => return Some(Stated::Nothing),
        Text::Is(mode) => mode,
        Text::Mistyped => "",
    };
    let Some(workload) = of_mode(mode) else {
        let words = "Only chat and embeddings are served, so this deployment was left out.";
        left.report(info.path_of("mode"), words);
        return None;
    };
    let api = SingleApi::of_mode(mode);
    if let Some(api) = api {
        left.report(info.path_of("mode"), api.words());
    }
    Some(Stated::Served(workload, api))
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
    if let Stated::Served(workload, _) = stated {
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
