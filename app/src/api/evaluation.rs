//! Evaluating: labelled prompts through the router model of a balancer, or of a draft before it is saved. The server
//! functions behind the page; the work itself is in the background.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::domain::{console::evaluation::Evaluation, field_error::FieldError, timestamp::Timestamp};
use crate::web::Answer;
use crate::web::notice::FlashNotice;

#[cfg(feature = "ssr")]
mod server;

/// What is evaluated.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Subject {
    /// The balancer's id; empty for a draft.
    pub(crate) balancer: String,
    /// The draft's id; empty for a balancer that is saved.
    pub(crate) draft: String,
}

/// What the page is drawn from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct EvaluationPage {
    /// What is evaluated.
    pub(crate) subject: Subject,
    /// What its runs are kept under: the feed names it.
    pub(crate) key: String,
    /// What people call it.
    pub(crate) title: String,
    /// The address of the wizard's step that the draft came from; absent for a balancer that is saved.
    pub(crate) back: Option<String>,
    /// Whether there is a router model to evaluate.
    pub(crate) classifies: bool,
    /// The routes by name, in their order.
    pub(crate) routes: Vec<String>,
    /// Whether this user may change anything here.
    pub(crate) may_edit: bool,
    /// Prompts, progress and runs.
    pub(crate) evaluation: Evaluation,
    /// The prompts as they were typed, where they could not be taken.
    pub(crate) typed: Option<String>,
    /// What is wrong with them.
    pub(crate) errors: Vec<FieldError>,
    /// What happened.
    pub(crate) note: Option<FlashNotice>,
    /// When this was read.
    pub(crate) now: Timestamp,
}

/// The forms of the page.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct EvaluationForm {
    /// The balancer's id; empty for a draft.
    pub(crate) balancer: String,
    /// The draft's id; empty for a balancer that is saved.
    pub(crate) draft: String,
    /// The labelled prompts, where they are to be saved.
    pub(crate) prompts: String,
}

/// Prompts that could not be taken, kept through a redirect.
#[cfg(feature = "ssr")]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Typed {
    text: String,
    errors: Vec<FieldError>,
}

/// All that the page shows. `result` names prompts that could not be taken, `note` what to say once.
#[server(prefix = "/fn", endpoint = "read_evaluation")]
pub(crate) async fn read_evaluation(
    #[server(default)] subject: Subject,
    #[server(default)] result: String,
    #[server(default)] note: String,
) -> Answer<EvaluationPage> {
    crate::web::action_error::answer(server::page(subject, &result, &note).await)
}

/// The page's buttons: "save" keeps the prompts, "run" begins a run, "stop" ends it.
#[server(prefix = "/fn", endpoint = "evaluate")]
pub(crate) async fn evaluate(
    #[server(default)] act: String,
    #[server(default)] form: EvaluationForm,
) -> Answer<()> {
    crate::web::action_error::answer(server::act(&act, form).await)
}
