//! Data of a step of the wizard.

use std::time::Instant;

use serde_json::{Value, json};

use crate::{
    actions::{
        offers::Offer,
        wizard::{
            Which,
            checklist::{judged, planned},
            checks::{Check, CheckResult},
            desk::Desk,
            fields::StepFields,
            kept::Kept,
            merge,
            notes::Notes,
            trial::ms,
        },
    },
    domain::{
        config::revision::{self, Change},
        console::draft::{Editing, Step},
        field_error::ValidationReport,
        ids::ObjectKind,
        routing::decision::RouterMessage,
        timestamp::Timestamp,
    },
    refusal::Refusal,
    web::{
        action_error::ActionError, notice::FlashNotice, page_params::PageParams,
        permissions::may_add_or_delete, redirect,
    },
};

/// What the exact prompt is shown with, where there is no real one.
const SAMPLE_PROMPT: &str = "How do I reset my password?";

/// What a step of the wizard is drawn from.
#[derive(Clone, Debug, PartialEq)]
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
    let which = Which { draft: params.text("draft"), editing };
    let desk = Desk::open()?;
    let kept = desk.kept(&which).await?;
    let id_of = |editing: &Option<Editing>| editing.as_ref().map(|it| it.id.clone());
    if id_of(&kept.editing) != id_of(&which.editing) {
        return Err(Refusal::Gone("This draft belongs to another page.".to_owned()).into());
    }
    let began = Instant::now();
    let report = desk.judge(&kept);
    let judging_ms = ms(began.elapsed());
    let balancer = desk.balancer(&kept);
    let mut results = judged(&report, &balancer.serving_name, judging_ms).to_vec();
    results.extend(kept.notes.checks.iter().cloned());
    let prompt = match step {
        Step::Router => desk.gateway.router_prompt(&balancer, SAMPLE_PROMPT),
        _ => Vec::new(),
    };
    Ok(WizardPage {
        draft: kept.id.clone(),
        step,
        editing: kept.editing.clone(),
        conflict: conflict(&desk, &kept),
        fields: merge::show(&kept.body),
        checks: planned(&balancer, &desk.offers, &report),
        results,
        router_prompt: prompt,
        offers: desk.offers.clone(),
        may_add: may_add_or_delete(ObjectKind::Instance),
        note: redirect::kept(&desk.who, &params.text("note")).await,
        report,
        notes: kept.notes,
    })
}

/// What somebody else saved since the draft of an edit was made.
fn conflict(desk: &Desk, kept: &Kept) -> Option<Conflict> {
    let editing = kept.editing.as_ref()?;
    let Some(current) = desk.configuration.balancer(&editing.id) else {
        return Some(Conflict::Deleted);
    };
    if current.revision == editing.revision {
        return None;
    }
    let mut mine = kept.rest_body();
    mine["id"] = json!(current.id);
    let saved = serde_json::to_value(current).unwrap_or(Value::Null);
    Some(Conflict::Changed {
        from: editing.revision,
        to: current.revision,
        at: current.updated_at,
        changes: revision::diff(&mine, &saved),
    })
}
