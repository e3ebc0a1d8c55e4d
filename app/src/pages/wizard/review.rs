//! Step 6: the checklist, what is worth a look, and the button that saves.

use futures_util::{
    StreamExt as _,
    future::{AbortHandle, abortable},
    stream,
};
use leptos::{prelude::*, task::spawn_local};

use super::{address, live::at_control};
use crate::{
    api::wizard::{
        Which, WizardPage,
        checks::{Check, CheckResult},
        wizard_check,
    },
    domain::{draft::Step, fault::Fault},
    pages::decision::ms,
    ui::{Button, ButtonKind, FaultSummary, Notice, Status, Tone, faults::id_of},
};

/// Live checks that run at once.
const AT_ONCE: usize = 2;

pub(super) fn view(page: &WizardPage) -> AnyView {
    let faults = page.report.errors.iter().map(|fault| (mend(page, fault), fault.message.clone())).collect();
    let warnings = page
        .report
        .warnings
        .iter()
        .map(|warning| {
            let (href, words) = (mend(page, warning), warning.message.clone());
            view! { <li><a href=href>{words}</a></li> }
        })
        .collect_view();
    view! {
        <FaultSummary links=faults />
        {checklist(page)}
        {evaluate(page)}
        {(!page.report.warnings.is_empty())
            .then(|| {
                view! {
                    <Notice tone=Tone::Warn>
                        <h3>"Worth a look"</h3>
                        <ul>{warnings}</ul>
                    </Notice>
                }
            })}
    }
    .into_any()
}

/// The button that saves; where it cannot be pressed, the reason and the way to mend it stand beside it.
pub(super) fn save(page: &WizardPage) -> AnyView {
    let reason = page.report.errors.first().map(|fault| {
        let (href, words) = (mend(page, fault), fault.message.clone());
        let step = super::title(Step::of_path(&fault.path));
        view! {
            {words}" "
            <a href=href>{format!("Go to “{step}”")}</a>
        }
        .into_any()
    });
    let reason = reason.unwrap_or_else(|| "You can save without waiting for the live checks.".into_any());
    view! {
        <Button act="save" kind=ButtonKind::Primary disabled=!page.report.valid described_by="save-reason">
            "Save balancer"
        </Button>
        <p id="save-reason" class="hint">
            {reason}
        </p>
    }
    .into_any()
}

/// The control that mends a fault, on its step.
fn mend(page: &WizardPage, fault: &Fault) -> String {
    format!("{}#{}", address(page, Step::of_path(&fault.path)), id_of(&at_control(fault).path))
}

/// The way to evaluate the draft, once it is kept.
fn evaluate(page: &WizardPage) -> Option<AnyView> {
    let href = format!("/evaluate?draft={}", page.draft);
    let classifies = page.checks.iter().any(|it| it.id == "router");
    (classifies && !page.draft.is_empty()).then(|| {
        view! {
            <p class="hint">
                "Do you have prompts whose route you know? "
                <a href=href>"Evaluate this draft"</a>" before you save it."
            </p>
        }
        .into_any()
    })
}

fn checklist(page: &WizardPage) -> AnyView {
    let results = RwSignal::new(page.results.clone());
    let running = RwSignal::new(false);
    let open: Vec<String> = page
        .checks
        .iter()
        .filter(|check| check.live && page.report.valid && page.results.iter().all(|it| it.id != check.id))
        .map(|check| check.id.clone())
        .collect();
    let handle = StoredValue::new(None::<AbortHandle>);
    let stop = move || {
        if let Some(Some(handle)) = handle.try_update_value(Option::take) {
            handle.abort();
        }
    };
    on_cleanup(stop);
    let which = Which { draft: page.draft.clone(), editing: page.editing.clone() };
    // Only the browser runs effects: without scripting the button below runs the checks.
    Effect::new(move |_| {
        if open.is_empty() {
            return;
        }
        let checks = open.clone();
        let which = which.clone();
        let (run, abort) = abortable(async move {
            let each = |check: String| {
                let which = which.clone();
                async move {
                    let found = match wizard_check(which, check.clone()).await {
                        Ok(Ok(found)) => found,
                        Ok(Err(refusal)) => failed(check, refusal.to_string()),
                        Err(fault) => failed(check, fault.to_string()),
                    };
                    results.update(|results| results.push(found));
                }
            };
            stream::iter(checks).for_each_concurrent(AT_ONCE, each).await;
        });
        handle.set_value(Some(abort));
        running.set(true);
        spawn_local(async move {
            // Stopped or done, nothing runs any more.
            let _ = run.await;
            running.try_set(false);
        });
    });
    let rows = page.checks.iter().map(|check| row(page, check, results, running)).collect_view();
    let (live, total) = (page.report.valid && page.checks.iter().any(|it| it.live), page.checks.len());
    view! {
        <section id="checks" class="checks" tabindex="-1" aria-labelledby="checks-title">
            <h3 id="checks-title">"Checklist"</h3>
            <ul>{rows}</ul>
            <div class="actions">
                <Show when=move || running.get()>
                    <progress max=total.to_string() value=move || results.read().len().to_string()>
                        "Checking"
                    </progress>
                    <span role="status">{move || format!("{} of {total}", results.read().len())}</span>
                    <button type="button" class="button" data-kind="quiet" on:click=move |_| stop()>
                        "Stop"
                    </button>
                </Show>
                <Show when=move || live && !running.get()>
                    <Button act="run_checks">"Run checks"</Button>
                </Show>
            </div>
        </section>
    }
    .into_any()
}

fn failed(id: String, message: String) -> CheckResult {
    CheckResult { id, ok: false, ms: 0.0, message }
}

/// One check: how it went, what was found, how long it took, and where it is mended.
fn row(
    page: &WizardPage,
    check: &Check,
    results: RwSignal<Vec<CheckResult>>,
    running: RwSignal<bool>,
) -> AnyView {
    let (check, valid, way) = (check.clone(), page.report.valid, address(page, check.step));
    let label = check.label.clone();
    let found = Memo::new(move |_| results.read().iter().find(|it| it.id == check.id).cloned());
    let state = move || match found.get() {
        Some(CheckResult { ok: true, ms: took, message, .. }) => view! {
            <Status tone=Tone::Good label="Passed" />
            <span class="check-found">{message}</span>
            <span class="figure">{ms(took)}</span>
        }
        .into_any(),
        Some(CheckResult { ms: took, message, .. }) => {
            let href = way.clone();
            view! {
                <Status tone=Tone::Bad label="Failed" />
                <span class="check-found">{message}" "<a href=href>"Mend it"</a></span>
                <span class="figure">{ms(took)}</span>
            }
            .into_any()
        }
        None => {
            let words = match (running.get(), valid) {
                (true, _) => "Waiting for the answer",
                (false, true) => "Not run yet",
                (false, false) => "Waits until the faults are mended",
            };
            view! { <Status tone=Tone::Plain label=words /> }.into_any()
        }
    };
    view! {
        <li>
            <span class="check-label">{label}</span>
            {state}
        </li>
    }
    .into_any()
}
