//! Action of the evaluation page: keeping labelled prompts, and beginning or stopping a run over them.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{
    actions::wizard,
    domain::{config::balancer::Balancer, console::draft::Step, field_error::FieldError, ids::ObjectKind},
    refusal::{Refusal, Reply},
    web::{
        Answer,
        action_error::{ActionError, answer},
        context,
        notice::FlashNotice,
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

/// Prompts that could not be taken, kept through a redirect.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct TypedPrompts {
    pub(crate) text: String,
    pub(crate) errors: Vec<FieldError>,
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
            let act = act.as_str();
            let (who, control) = (context::actor()?, context::control()?);
            let subject = Subject { balancer: form.balancer, draft: form.draft };
            let (found, page) = (evaluated(&subject).await?, address(&subject));
            let (key, balancer) = (found.key, found.balancer);
            let done: Reply<()> = match act {
                "run" => control.evaluate(&who, &key, balancer, found.revision).await,
                "stop" => control.stop_evaluation(&who, &key).await,
                _ => match control.keep_prompts(&who, &key, &balancer, &form.prompts).await {
                    Err(Refusal::Invalid(errors)) => {
                        let result = context::flash()?
                            .put_notice(&who.name, &TypedPrompts { text: form.prompts, errors })
                            .await;
                        redirect::to(&(joined(&page, "result", &result) + "#labelled"))?;
                        return Ok(());
                    }
                    Ok(()) => {
                        let note = FlashNotice::Saved("Labelled prompts".to_owned());
                        let note = context::flash()?.put_notice(&who.name, &note).await;
                        redirect::to(&joined(&page, "note", &note))?;
                        return Ok(());
                    }
                    Err(refusal) => Err(refusal),
                },
            };
            match done {
                Ok(()) => redirect::to(&(page + "#runs"))?,
                Err(refusal) => {
                    let note = context::flash()?.put_notice(&who.name, &FlashNotice::Refused(refusal)).await;
                    redirect::to(&joined(&page, "note", &note))?;
                }
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

/// An address with one more value in its query.
fn joined(page: &str, name: &str, value: &str) -> String {
    let sign = if page.contains('?') { '&' } else { '?' };
    format!("{page}{sign}{name}={}", redirect::query_value(value))
}
