//! Actions of the wizard: pressing a button of a step, and running one live check.
//!
//! Everything typed goes into the draft first; what is then done with it is in `act`.

pub(crate) mod addresses;
pub(crate) mod checks;

#[cfg(feature = "ssr")]
pub(crate) mod checklist;
#[cfg(feature = "ssr")]
pub(crate) mod draft_notes;
#[cfg(feature = "ssr")]
pub(crate) mod steps;
#[cfg(feature = "ssr")]
pub(crate) mod trial;
#[cfg(feature = "ssr")]
pub(crate) mod wizard_context;
#[cfg(feature = "ssr")]
pub(crate) mod wizard_draft;

#[cfg(feature = "ssr")]
mod act;
#[cfg(feature = "ssr")]
mod paste;

use leptos::{prelude::*, server_fn::codec::Json};
use serde::{Deserialize, Serialize};

use self::checks::CheckResult;
use crate::{domain::console::draft::Editing, web::Answer};
#[cfg(feature = "ssr")]
use crate::{
    domain::{
        config::balancer::Balancer,
        console::{balancer_draft::step_fields::StepFields, draft::Step},
        field_error::ValidationReport,
    },
    web::{
        action_error::{ActionError, answer},
        redirect,
    },
};

/// The balancer that a draft of this user would become, and the id of the balancer that it edits.
#[cfg(feature = "ssr")]
pub(crate) async fn draft_as_balancer(draft: &str) -> Result<(Balancer, Option<String>), ActionError> {
    let context = wizard_context::WizardContext::new()?;
    let draft = context.draft(&Which { draft: draft.to_owned(), ..Which::default() }).await?;
    Ok((context.balancer(&draft), draft.editing.map(|it| it.id)))
}

/// Which draft is meant.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Which {
    /// Its id; empty while nothing is kept yet.
    pub(crate) draft: String,
    /// What a draft edits that is not kept yet; revision 0 means the one that is saved now.
    pub(crate) editing: Option<Editing>,
    /// The digest of the step as the page showed it; empty if it is not known.
    pub(crate) base: String,
}

/// What came of a press.
#[cfg(feature = "ssr")]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Pressed {
    /// The draft's id.
    pub(crate) draft: String,
    /// The digest of the step as it is kept now.
    pub(crate) base: String,
    /// What is wrong with the draft now.
    pub(crate) report: ValidationReport,
}

/// A press of one of the wizard's buttons, with everything that its step holds.
#[cfg(feature = "ssr")]
#[server(prefix = "/fn", endpoint = "wizard_step")]
pub(crate) async fn wizard_step(
    #[server(default)] which: Which,
    step: Step,
    #[server(default)] act: String,
    #[server(default)] form: StepFields,
) -> Answer<Pressed> {
    let path = addresses::step_address(which.editing.as_ref().map(|it| it.id.as_str()), step, "");
    let draft = which.draft.clone();
    let press = act::Press { which, step, act, form };
    redirect::with_error(act::perform(press).await, &path, &[("draft", &draft)]).await
}

/// Runs one live check of a draft. It saves nothing.
#[server(prefix = "/fn", endpoint = "wizard_check", input = Json)]
pub(crate) async fn wizard_check(which: Which, check: String) -> Answer<CheckResult> {
    answer(act::check(&which, &check).await)
}
