//! Data of the evaluation page.

use crate::web::form::refused::{RefusedForm, refused_form};
use crate::{
    actions::evaluation::{EvaluationForm, Subject, evaluated},
    domain::{
        config::balancer::RoutingMode, console::evaluation::Evaluation, field_error::FieldError,
        timestamp::Timestamp,
    },
    ports::Role,
    web::{
        action_error::ActionError, context, flash::notice::FlashNotice, page_params::PageParams, redirect,
    },
};

/// What the page is drawn from.
#[derive(Clone, Debug, PartialEq)]
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

pub(crate) async fn evaluation(params: PageParams) -> Result<EvaluationPage, ActionError> {
    let balancer = params.part("id");
    let draft = if balancer.is_empty() { params.text("draft") } else { String::new() };
    let subject = Subject { balancer, draft };
    let note = &params.text("note");
    let (who, control) = (context::actor()?, context::control()?);
    let found = evaluated(&subject).await?;
    let evaluation = control.evaluation(&who, &found.key, &found.balancer).await?;
    let mut refused = refused_form::<EvaluationForm>(&who, &params).await;
    let note = context::flash_message(&who, note).await.or(refused.as_mut().and_then(RefusedForm::notice));
    let (typed, errors) = refused.map(|it| (it.form.prompts, it.errors)).unzip();
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
        note,
        now: context::now(),
        subject,
    })
}
