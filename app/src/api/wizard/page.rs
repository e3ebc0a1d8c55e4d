//! Reads what a step of the wizard is drawn from.

use std::time::Instant;

use serde_json::{Value, json};

use super::{
    Conflict, Which, WizardPage,
    checklist::{judged, planned},
    desk::Desk,
    kept::Kept,
    merge,
    trial::ms,
};
use crate::{
    domain::{
        config::revision,
        console::draft::{Editing, Step},
        ids::ObjectKind,
    },
    refusal::Refusal,
    web::{action_error::ActionError, permissions::may_add_or_delete, redirect},
};

/// What the exact prompt is shown with, where there is no real one.
const SAMPLE_PROMPT: &str = "How do I reset my password?";

/// Everything that the step shows.
pub(super) async fn read(which: Which, step: Step, note: &str) -> Result<WizardPage, ActionError> {
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
        note: redirect::kept(&desk.who, note).await,
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
