//! Data of a step of the wizard.

use crate::domain::console::check::Check;
use crate::domain::console::check::CheckResult;
use crate::web::context;
use std::time::Instant;

use serde_json::{Value, json};

use crate::{
    actions::wizard::{
        Which,
        checklist::{judged, planned},
        draft_notes::DraftNotes,
        trial::ms,
        wizard_context::WizardContext,
        wizard_draft::WizardDraft,
    },
    domain::{
        confidence::Confidence,
        config::revision::{self, Change},
        console::{
            balancer_draft::{destination_option::DestinationOption, step_fields::StepFields},
            draft::{Editing, Step},
        },
        field_error::ValidationReport,
        ids::ObjectKind,
        routing::decision::RouterMessage,
        timestamp::Timestamp,
    },
    pages::parts::threshold::{THRESHOLD, threshold_of},
    refusal::Refusal,
    web::{
        action_error::ActionError, flash::notice::FlashNotice, page_params::PageParams,
        permissions::may_add_or_delete,
    },
};

/// A prompt for showing the exact router messages.
const SAMPLE_PROMPT: &str = "How do I reset my password?";

/// What a step of the wizard is drawn from.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct WizardPage {
    /// The draft's id; empty while nothing is kept yet.
    pub(crate) draft: String,
    /// The digest of the step as it is shown.
    pub(crate) base: String,
    /// The step.
    pub(crate) step: Step,
    /// The balancer that is edited; absent for a new one.
    pub(crate) editing: Option<Editing>,
    /// Changes by others since the edit began.
    pub(crate) conflict: Option<Conflict>,
    /// The fields of all steps as they were typed.
    pub(crate) fields: StepFields,
    /// The minimum confidence that a link from the decisions of the balancer offers.
    pub(crate) threshold: Option<Confidence>,
    /// What is remembered beside the balancer.
    pub(crate) notes: DraftNotes,
    /// What is wrong with the draft.
    pub(crate) report: ValidationReport,
    /// The checklist of the last step.
    pub(crate) checks: Vec<Check>,
    /// What was found of it so far.
    pub(crate) results: Vec<CheckResult>,
    /// The exact messages that the router model gets; only on its step.
    pub(crate) router_prompt: Vec<RouterMessage>,
    /// What routes and the router model can point at.
    pub(crate) options: Vec<DestinationOption>,
    /// Whether this user may add instances.
    pub(crate) may_add: bool,
    /// What happened.
    pub(crate) note: Option<FlashNotice>,
}

/// A change of a balancer by another user while it is edited.
#[derive(Clone, Debug, PartialEq)]
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

/// Everything that the step shows.
pub(crate) async fn step(params: PageParams) -> Result<WizardPage, ActionError> {
    let (part, id) = (params.part("step"), params.part("id"));
    let step = if part.is_empty() { Some(Step::Name) } else { Step::parse(&part) };
    let step = step.ok_or_else(|| Refusal::Gone("There is no such step.".to_owned()))?;
    let editing = (!id.is_empty()).then_some(Editing { id, revision: 0 });
    let which = Which { draft: params.text("draft"), editing, ..Which::default() };
    let context = WizardContext::new()?;
    let draft = context.draft(&which).await?;
    let id_of = |editing: &Option<Editing>| editing.as_ref().map(|it| it.id.clone());
    if id_of(&draft.editing) != id_of(&which.editing) {
        return Err(Refusal::Gone("This draft belongs to another page.".to_owned()).into());
    }
    let began = Instant::now();
    let report = context.judge(&draft);
    let judging_ms = ms(began.elapsed());
    let balancer = context.balancer(&draft);
    let mut results = judged(&report, &balancer.serving_name, judging_ms).to_vec();
    results.extend(draft.notes.checks.iter().cloned());
    let prompt = match step {
        Step::Router => context.gateway.router_prompt(&balancer, SAMPLE_PROMPT),
        _ => Vec::new(),
    };
    Ok(WizardPage {
        draft: draft.id.clone(),
        base: draft.balancer.digest(step),
        step,
        editing: draft.editing.clone(),
        conflict: conflict(&context, &draft),
        fields: draft.balancer.fields(),
        threshold: threshold_of(&params.text(THRESHOLD)),
        checks: planned(&balancer, &context.options, &report),
        results,
        router_prompt: prompt,
        options: context.options.clone(),
        may_add: may_add_or_delete(ObjectKind::Instance),
        note: context::flash_message(&context.who, &params.text("note")).await,
        report,
        notes: draft.notes,
    })
}

/// Changes by others since the draft of an edit was made.
fn conflict(context: &WizardContext, draft: &WizardDraft) -> Option<Conflict> {
    let editing = draft.editing.as_ref()?;
    let Some(current) = context.configuration.balancer(&editing.id) else {
        return Some(Conflict::Deleted);
    };
    if current.revision == editing.revision {
        return None;
    }
    let mut mine = draft.rest_body();
    mine["id"] = json!(current.id);
    let saved = serde_json::to_value(current).unwrap_or(Value::Null);
    Some(Conflict::Changed {
        from: editing.revision,
        to: current.revision,
        at: current.updated_at,
        changes: revision::diff(&mine, &saved),
    })
}
