//! Checklist of the wizard's last step. In the browser the live checks run by themselves, and each row is brought up to date
//! as it ends; without scripting a button runs them.

use leptos::prelude::*;

use super::decision::ms;
use crate::{
    domain::console::check::{Check, CheckResult},
    ui::{Button, Status, Tone},
};

/// What the checklist is drawn from.
pub(crate) struct Checklist {
    /// The form that runs the open live checks, as the body of a POST.
    pub(crate) run: String,
    /// Whether the draft has no errors, so that the live checks can run.
    pub(crate) valid: bool,
    /// The checks, each with the address of the control that fixes it.
    pub(crate) checks: Vec<(Check, String)>,
    /// What was found so far.
    pub(crate) results: Vec<CheckResult>,
}

/// How a check goes.
#[derive(Clone, Copy)]
pub(crate) enum CheckState<'a> {
    /// It ended.
    Ended(&'a CheckResult),
    /// It runs.
    Running,
    /// It was not run yet.
    Open,
    /// It waits until the draft has no errors.
    Blocked,
}

/// The element of one check.
pub(crate) fn row_id(check: &str) -> String {
    format!("check-{check}")
}

/// The action that runs the open live checks.
pub(crate) const RUN: &str = "/fn/wizard_checks";

/// The element that says why the checks cannot run.
pub(crate) const STATUS: &str = "checks-status";

/// The element that counts the checks that ended.
pub(crate) const PROGRESS: &str = "checks-progress";

/// The whole checklist.
pub(crate) fn view(list: &Checklist) -> AnyView {
    let result = |check: &Check| list.results.iter().find(|it| it.id == check.id);
    let is_open = |check: &Check| check.live && list.valid && result(check).is_none();
    let rows = list
        .checks
        .iter()
        .map(|(check, fix)| {
            let state = match result(check) {
                Some(result) => CheckState::Ended(result),
                None if list.valid => CheckState::Open,
                None => CheckState::Blocked,
            };
            row(check, fix, state)
        })
        .collect_view();
    let runs = list.valid && list.checks.iter().any(|(check, _)| check.live);
    let starts = list.checks.iter().any(|(check, _)| is_open(check));
    view! {
        <section
            id="checks"
            class="checks"
            tabindex="-1"
            aria-labelledby="checks-title"
            data-stream=RUN
            data-stream-body=list.run.clone()
            data-stream-start=starts.then_some("true")
        >
            <h3 id="checks-title">"Checklist"</h3>
            <ul>{rows}</ul>
            <div class="actions">
                {progress(list.results.len(), list.checks.len())}
                <button type="button" class="button" data-kind="quiet" data-stream-stop="true">
                    "Stop"
                </button>
                <span role="status" id=STATUS data-stream-status="true"></span>
                <span class="stream-idle">{runs.then(|| view! { <Button act="run_checks">"Run checks"</Button> })}</span>
            </div>
            <template data-ending="stopped">
                <Status tone=Tone::Plain label="Not run yet" />
            </template>
            <template data-ending="lost">
                <Status tone=Tone::Bad label="The connection was lost; run the checks again" />
            </template>
        </section>
    }
    .into_any()
}

/// How many checks ended, shown while they run.
pub(crate) fn progress(ended: usize, all: usize) -> AnyView {
    view! {
        <span id=PROGRESS class="stream-running">
            <progress max=all.to_string() value=ended.to_string()>
                "Checking"
            </progress>
            <span role="status">{format!("{ended} of {all}")}</span>
        </span>
    }
    .into_any()
}

/// One check: how it went, what was found, how long it took, and where it is fixed.
pub(crate) fn row(check: &Check, fix: &str, state: CheckState<'_>) -> AnyView {
    let is_running = matches!(state, CheckState::Running).then_some("true");
    let plain = |label: &'static str| view! { <Status tone=Tone::Plain label /> }.into_any();
    let content = match state {
        CheckState::Ended(CheckResult { ok: true, ms: took, message, .. }) => view! {
            <Status tone=Tone::Good label="Passed" />
            <span class="check-found">{message.clone()}</span>
            <span class="figure">{ms(*took)}</span>
        }
        .into_any(),
        CheckState::Ended(CheckResult { ms: took, message, .. }) => view! {
            <Status tone=Tone::Bad label="Failed" />
            <span class="check-found">{message.clone()}" "<a href=fix.to_owned()>"Fix it"</a></span>
            <span class="figure">{ms(*took)}</span>
        }
        .into_any(),
        CheckState::Running => plain("Waiting for the answer"),
        CheckState::Open => plain("Not run yet"),
        CheckState::Blocked => plain("Waits until the errors are fixed"),
    };
    view! {
        <li id=row_id(&check.id)>
            <span class="check-label">{check.label.clone()}</span>
            <span class="check-state" data-pending=is_running>
                {content}
            </span>
        </li>
    }
    .into_any()
}
