//! Actions of the wizard: pressing a button of a step, and running the live checks.
//!
//! Everything typed goes into the draft first; what is then done with it is in `act`.

pub(crate) mod checklist;
pub(crate) mod destination_options;
pub(crate) mod draft_notes;
pub(crate) mod steps;
pub(crate) mod trial;
pub(crate) mod wizard_context;
pub(crate) mod wizard_draft;

mod act;
mod paste;

use futures_util::{StreamExt as _, stream};
use leptos::{
    prelude::*,
    server_fn::codec::{ByteStream, Streaming},
};
use serde::{Deserialize, Serialize};

use crate::{
    domain::{
        config::balancer::Balancer,
        console::{
            balancer_draft::step_fields::StepFields,
            draft::{Editing, Step},
        },
    },
    fragments,
    web::{
        Answer, action_error::ActionError, frame::Frame, redirect, server_error::ServerError,
        step_address::step_address,
    },
};

/// The balancer that a draft of this user would become, and the id of the balancer that it edits.
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
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Pressed {
    /// The draft's id.
    pub(crate) draft: String,
    /// The digest of the step as it is kept now.
    pub(crate) base: String,
}

/// A press of one of the wizard's buttons, with everything that its step holds.
#[server(prefix = "/fn", endpoint = "wizard_step")]
pub(crate) async fn wizard_step(
    #[server(default)] which: Which,
    step: Step,
    #[server(default)] act: String,
    #[server(default)] form: StepFields,
) -> Answer<Pressed> {
    let path = step_address(which.editing.as_ref().map(|it| it.id.as_str()), step, "");
    let draft = which.draft.clone();
    let press = act::Press { which, step, act, form };
    redirect::with_error(act::perform(press).await, &path, &[("draft", &draft)]).await
}

/// Runs the live checks of a draft that were not run yet, and streams the checklist's rows as frames. It saves nothing. A
/// client that leaves cancels the checks.
#[server(prefix = "/fn", endpoint = "wizard_checks", output = Streaming)]
pub(crate) async fn wizard_checks(
    #[server(default)] which: Which,
) -> Result<ByteStream<ServerError>, ServerError> {
    let frames = match act::run_checks(&which).await {
        Ok(frames) => frames.boxed(),
        Err(ActionError::Refused(refusal)) => {
            stream::iter([Frame::text(fragments::checklist::STATUS, refusal.to_string())]).boxed()
        }
        Err(ActionError::Failed(error)) => return Err(error),
    };
    Ok(ByteStream::new(frames.map(|it| Ok::<_, ServerError>(it.to_line()))))
}

#[cfg(test)]
mod tests {
    use leptos::server_fn::ServerFn as _;

    #[test]
    fn steps_are_posted_to_their_action() {
        assert_eq!(crate::web::step_address::POST_STEP, super::WizardStep::url());
        assert_eq!(crate::fragments::checklist::RUN, super::WizardChecks::url());
    }
}
