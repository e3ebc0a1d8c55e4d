//! The wizard's server functions: a new draft, reading a step, pressing a button, one live check.
//!
//! Everything typed goes into the draft first; what is then done with it is in [`act`].

pub(crate) mod checks;
pub(crate) mod fields;
pub(crate) mod notes;
pub(crate) mod steps;

#[cfg(feature = "ssr")]
mod act;
#[cfg(feature = "ssr")]
mod checklist;
#[cfg(feature = "ssr")]
mod desk;
#[cfg(feature = "ssr")]
mod kept;
#[cfg(feature = "ssr")]
mod merge;
#[cfg(feature = "ssr")]
mod page;
#[cfg(feature = "ssr")]
mod paste;
#[cfg(feature = "ssr")]
mod prefill;
#[cfg(feature = "ssr")]
mod trial;

use leptos::{prelude::*, server_fn::codec::Json};
use serde::{Deserialize, Serialize};

use self::{
    checks::{Check, CheckResult},
    fields::StepFields,
    notes::Notes,
};
use super::offers::Offer;
use crate::domain::{
    config::revision::Change,
    console::draft::{Editing, Step},
    field_error::ValidationReport,
    routing::decision::RouterMessage,
    timestamp::Timestamp,
};
use crate::web::Answer;
use crate::web::notice::FlashNotice;
#[cfg(feature = "ssr")]
use crate::web::{action_error::answer, redirect};

/// The balancer that a draft of this user would become, and the id of the balancer that it edits.
#[cfg(feature = "ssr")]
pub(crate) async fn draft_as_balancer(
    draft: &str,
) -> Result<(crate::domain::config::balancer::Balancer, Option<String>), crate::web::action_error::ActionError>
{
    let desk = desk::Desk::open()?;
    let kept = desk.kept(&Which { draft: draft.to_owned(), editing: None }).await?;
    Ok((desk.balancer(&kept), kept.editing.map(|it| it.id)))
}

/// Which draft is meant.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Which {
    /// Its id; empty while nothing is kept yet.
    pub(crate) draft: String,
    /// What a draft edits that is not kept yet; revision 0 means the one that is saved now.
    pub(crate) editing: Option<Editing>,
}

/// What came of a press.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Pressed {
    /// The draft's id.
    pub(crate) draft: String,
    /// What is wrong with the draft now.
    pub(crate) report: ValidationReport,
}

/// What a step of the wizard is drawn from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct WizardPage {
    /// The draft's id; empty while nothing is kept yet.
    pub(crate) draft: String,
    /// The step.
    pub(crate) step: Step,
    /// The balancer that is edited; absent for a new one.
    pub(crate) editing: Option<Editing>,
    /// What somebody else saved since the edit began.
    pub(crate) conflict: Option<Conflict>,
    /// The fields of all steps as they were typed.
    pub(crate) fields: StepFields,
    /// What is remembered beside the balancer.
    pub(crate) notes: Notes,
    /// What is wrong with the draft.
    pub(crate) report: ValidationReport,
    /// The checklist of the last step.
    pub(crate) checks: Vec<Check>,
    /// What was found of it so far.
    pub(crate) results: Vec<CheckResult>,
    /// The exact messages that the router model gets; only on its step.
    pub(crate) router_prompt: Vec<RouterMessage>,
    /// What routes and the router model can point at.
    pub(crate) offers: Vec<Offer>,
    /// Whether this user may add instances.
    pub(crate) may_add: bool,
    /// What happened.
    pub(crate) note: Option<FlashNotice>,
}

/// What somebody else did to a balancer while it was edited.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Conflict {
    /// It was saved.
    Changed {
        /// The revision that the edit began from.
        from: u64,
        /// The revision now.
        to: u64,
        /// When it was saved.
        at: Timestamp,
        /// What differs: `from` is the draft, `to` the saved one.
        changes: Vec<Change>,
    },
    /// It was deleted.
    Deleted,
}

/// What a step shows.
#[server(prefix = "/fn", endpoint = "read_wizard")]
pub(crate) async fn read_wizard(
    which: Which,
    step: Step,
    #[server(default)] note: String,
) -> Answer<WizardPage> {
    answer(page::read(which, step, &note).await)
}

/// A press of one of the wizard's buttons, with everything that its step holds.
#[server(prefix = "/fn", endpoint = "wizard_step")]
pub(crate) async fn wizard_step(
    #[server(default)] which: Which,
    step: Step,
    #[server(default)] act: String,
    #[server(default)] form: StepFields,
) -> Answer<Pressed> {
    let path = steps::step_address(which.editing.as_ref().map(|it| it.id.as_str()), step, "");
    let draft = which.draft.clone();
    let press = act::Press { which, step, act, form };
    redirect::with_error(act::perform(press).await, &path, &[("draft", &draft)]).await
}

/// Runs one live check of a draft. It saves nothing.
#[server(prefix = "/fn", endpoint = "wizard_check", input = Json)]
pub(crate) async fn wizard_check(which: Which, check: String) -> Answer<CheckResult> {
    answer(act::check(&which, &check).await)
}
