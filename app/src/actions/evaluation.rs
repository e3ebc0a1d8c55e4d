//! Action of the evaluation page: keeping labelled prompts, and beginning or stopping a run over them.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{
    actions::wizard,
    domain::{config::balancer::Balancer, console::draft::Step, ids::ObjectKind},
    refusal::Refusal,
    web::{
        Answer,
        action_error::{ActionError, answer},
        context,
        flash::notice::FlashNotice,
        form::refused::back_with_form,
        redirect,
        step_address::step_address,
    },
};

/// What is evaluated.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Subject {
    /// The balancer's id; empty for a draft.
    pub(crate) balancer: String,
    /// The draft's id; empty for a balancer that is saved.
    pub(crate) draft: String,
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

/// What is evaluated, found.
pub(crate) struct Evaluated {
    pub(crate) key: String,
    pub(crate) balancer: Balancer,
    /// The saved revision; absent for a draft.
    pub(crate) revision: Option<u64>,
    /// The wizard's last step, for a draft.
    pub(crate) back: Option<String>,
}

/// The page's buttons: "save" keeps the prompts, "run" begins a run, "stop" ends it.
#[server(prefix = "/fn", endpoint = "evaluate")]
pub(crate) async fn evaluate(
    #[server(default)] act: String,
    #[server(default)] form: EvaluationForm,
) -> Answer<()> {
    answer(
        async {
            let (who, control) = (context::actor()?, context::control()?);
            let subject = Subject { balancer: form.balancer.clone(), draft: form.draft.clone() };
            let (found, page) = (evaluated(&subject).await?, address(&subject));
            let (key, balancer) = (found.key, found.balancer);
            let done = match act.as_str() {
                "run" => control.evaluate(&who, &key, balancer, found.revision).await,
                "stop" => control.stop_evaluation(&who, &key).await,
                _ => match control.keep_prompts(&who, &key, &balancer, &form.prompts).await {
                    Ok(()) => {
                        let note = FlashNotice::Saved("Labelled prompts".to_owned());
                        return Ok(redirect::with_notice(&who, &page, &note).await?);
                    }
                    Err(refusal) => {
                        return Ok(back_with_form(&who, &(page + "#labelled"), form, refusal).await?);
                    }
                },
            };
            match done {
                Ok(()) => redirect::to(&(page + "#runs"))?,
                Err(refusal) => redirect::with_notice(&who, &page, &FlashNotice::Refused(refusal)).await?,
            }
            Ok(())
        }
        .await,
    )
}

pub(crate) async fn evaluated(subject: &Subject) -> Result<Evaluated, ActionError> {
    if subject.draft.is_empty() {
        let configuration = context::control()?.configuration();
        let gone = || Refusal::NotFound { kind: ObjectKind::SmartBalancer, id: subject.balancer.clone() };
        let stored = configuration.balancer(&subject.balancer).ok_or_else(gone)?;
        let (balancer, revision) = (stored.spec.clone(), Some(stored.revision));
        return Ok(Evaluated { key: stored.id.to_string(), balancer, revision, back: None });
    }
    let (balancer, editing) = wizard::draft_as_balancer(&subject.draft).await?;
    let back = step_address(editing.as_deref(), Step::Review, &subject.draft);
    // The prompts of a balancer are also those of its drafts.
    let key = editing.unwrap_or_else(|| subject.draft.clone());
    Ok(Evaluated { key, balancer, revision: None, back: Some(back) })
}

/// Where a subject is evaluated.
fn address(subject: &Subject) -> String {
    if subject.draft.is_empty() {
        format!("/balancers/{}/evaluate", redirect::query_value(&subject.balancer))
    } else {
        redirect::with_query("/evaluate", &[("draft", &subject.draft)])
    }
}
