//! What the server functions about evaluating do.

use super::{EvaluationForm, EvaluationPage, Subject, Typed};
use crate::{
    api::{wizard, wizard::steps::step_address},
    domain::{
        config::balancer::{Balancer, RoutingMode},
        console::draft::Step,
        ids::ObjectKind,
    },
    ports::Role,
    refusal::{Refusal, Reply},
    web::{action_error::ActionError, context, notice::FlashNotice, redirect},
};

/// What is evaluated, found.
struct Found {
    key: String,
    balancer: Balancer,
    /// The saved revision; absent for a draft.
    revision: Option<u64>,
    /// The wizard's last step, for a draft.
    back: Option<String>,
}

async fn find(subject: &Subject) -> Result<Found, ActionError> {
    if subject.draft.is_empty() {
        let configuration = context::control()?.configuration();
        let gone = || Refusal::NotFound { kind: ObjectKind::SmartBalancer, id: subject.balancer.clone() };
        let stored = configuration.balancer(&subject.balancer).ok_or_else(gone)?;
        let (balancer, revision) = (stored.spec.clone(), Some(stored.revision));
        return Ok(Found { key: stored.id.to_string(), balancer, revision, back: None });
    }
    let (balancer, editing) = wizard::draft_as_balancer(&subject.draft).await?;
    let back = step_address(editing.as_deref(), Step::Review, &subject.draft);
    // The prompts of a balancer are also those of its drafts.
    let key = editing.unwrap_or_else(|| subject.draft.clone());
    Ok(Found { key, balancer, revision: None, back: Some(back) })
}

pub(super) async fn page(subject: Subject, result: &str, note: &str) -> Result<EvaluationPage, ActionError> {
    let (who, control) = (context::actor()?, context::control()?);
    let found = find(&subject).await?;
    let evaluation = control.evaluation(&who, &found.key, &found.balancer).await?;
    let typed: Option<Typed> = redirect::kept(&who, result).await;
    let (typed, errors) = typed.map(|it| (it.text, it.errors)).unzip();
    let spec = &found.balancer;
    Ok(EvaluationPage {
        title: spec.title().to_owned(),
        classifies: spec.routing_mode == RoutingMode::IntentClassifier && spec.router_model.is_some(),
        routes: spec.routes.iter().map(|it| it.name.clone()).collect(),
        may_edit: who.role >= Role::Editor,
        back: found.back,
        key: found.key,
        evaluation,
        typed,
        errors: errors.unwrap_or_default(),
        note: redirect::kept(&who, note).await,
        now: context::now(),
        subject,
    })
}

pub(super) async fn act(act: &str, form: EvaluationForm) -> Result<(), ActionError> {
    let (who, control) = (context::actor()?, context::control()?);
    let subject = Subject { balancer: form.balancer, draft: form.draft };
    let (found, page) = (find(&subject).await?, address(&subject));
    let (key, balancer) = (found.key, found.balancer);
    let done: Reply<()> = match act {
        "run" => control.evaluate(&who, &key, balancer, found.revision).await,
        "stop" => control.stop_evaluation(&who, &key).await,
        _ => match control.keep_prompts(&who, &key, &balancer, &form.prompts).await {
            Err(Refusal::Invalid(errors)) => {
                let result =
                    context::flash()?.put_notice(&who.name, &Typed { text: form.prompts, errors }).await;
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
