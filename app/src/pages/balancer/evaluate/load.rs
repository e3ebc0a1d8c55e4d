//! Data of the evaluation page.

use crate::web::form::refused::{RefusedForm, refused_form};
use crate::{
    actions::evaluation::{EvaluationForm, Subject, evaluated},
    domain::{
        confidence::Confidence, config::balancer::RoutingMode, console::evaluation::Evaluation,
        field_error::FieldError, timestamp::Timestamp,
    },
    pages::parts::threshold::{THRESHOLD, threshold_of},
    ports::Role,
    web::{action_error::ActionError, context, flash::notice::FlashNotice, page_params::PageParams},
};

/// Query parameter of the run to compare with.
pub(super) const WITH: &str = "with";

/// Data of the evaluation page.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct EvaluationPage {
    /// The evaluated object.
    pub(crate) subject: Subject,
    /// Id of the balancer or draft, as in feed events.
    pub(crate) key: String,
    /// Display name.
    pub(crate) title: String,
    /// URL of the wizard step that the draft came from; `None` for a stored balancer.
    pub(crate) back: Option<String>,
    /// Whether there is a router model.
    pub(crate) classifies: bool,
    /// Names of the routes, in order.
    pub(crate) routes: Vec<String>,
    /// Whether the user may make changes here.
    pub(crate) may_edit: bool,
    /// The default route; empty if there is none yet.
    pub(crate) default_route: String,
    /// The minimum confidence to try: that of the query, else the configured one.
    pub(crate) threshold: Confidence,
    /// Id of the run to compare the last one with; empty means the one before it.
    pub(crate) with: String,
    /// Prompts, progress and runs.
    pub(crate) evaluation: Evaluation,
    /// The entered prompts, if they are invalid.
    pub(crate) typed: Option<String>,
    /// Their errors.
    pub(crate) errors: Vec<FieldError>,
    /// A notice after a redirect.
    pub(crate) note: Option<FlashNotice>,
    /// Render time of the page.
    pub(crate) now: Timestamp,
}

impl EvaluationPage {
    /// URL of the page without its query.
    pub(crate) fn address(&self) -> String {
        match self.subject.draft.as_str() {
            "" => format!("/balancers/{}/evaluate", self.subject.balancer),
            _ => "/evaluate".to_owned(),
        }
    }
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
        default_route: spec.default_route().map(|it| it.name.clone()).unwrap_or_default(),
        threshold: threshold_of(&params.text(THRESHOLD)).unwrap_or(spec.classifier.min_confidence),
        with: params.text(WITH),
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
