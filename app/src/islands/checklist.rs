//! The checklist of the last step. In the browser the live checks run by themselves while one watches; without scripting
//! a button runs them.
#![expect(unreachable_pub, reason = "the macro exports each island under a public name")]

use futures_util::{
    StreamExt as _,
    future::{AbortHandle, abortable},
    stream,
};
use leptos::{prelude::*, task::spawn_local};
use serde::{Deserialize, Serialize};

use super::decision::ms;
use crate::{
    actions::wizard::{
        Which,
        checks::{Check, CheckResult},
        wizard_check,
    },
    islands::packed::Packed,
    ui::{Button, Status, Tone},
};

/// Live checks that run at once.
const AT_ONCE: usize = 2;

/// What the checklist is drawn from.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct ChecksSoFar {
    /// The draft.
    pub(crate) which: Which,
    /// Whether nothing is wrong with it, so that the live checks can run.
    pub(crate) valid: bool,
    /// The checks, each with the address of what it mends.
    pub(crate) checks: Vec<(Check, String)>,
    /// What was found so far.
    pub(crate) found: Vec<CheckResult>,
}

/// The checklist.
#[island]
pub(crate) fn Checklist(
    /// What the server knows of it.
    page: Packed<ChecksSoFar>,
) -> impl IntoView {
    let ChecksSoFar { which, valid, checks, found } = page.open();
    let open: Vec<String> = checks
        .iter()
        .map(|(check, _)| check)
        .filter(|check| check.live && valid && found.iter().all(|it| it.id != check.id))
        .map(|check| check.id.clone())
        .collect();
    let (live, total) = (valid && checks.iter().any(|(it, _)| it.live), checks.len());
    let results = RwSignal::new(found);
    let running = RwSignal::new(false);
    let handle = StoredValue::new(None::<AbortHandle>);
    let stop = move || {
        if let Some(Some(handle)) = handle.try_update_value(Option::take) {
            handle.abort();
        }
    };
    let which = StoredValue::new(which);
    // Only the browser runs effects.
    Effect::new(move |_| {
        if open.is_empty() {
            return;
        }
        let checks = open.clone();
        let (run, abort) = abortable(async move {
            let each = |check: String| async move {
                let found = match wizard_check(which.get_value(), check.clone()).await {
                    Ok(Ok(found)) => found,
                    Ok(Err(refusal)) => failed(check, refusal.to_string()),
                    Err(error) => failed(check, error.to_string()),
                };
                results.update(|results| results.push(found));
            };
            stream::iter(checks).for_each_concurrent(AT_ONCE, each).await;
        });
        handle.set_value(Some(abort));
        running.set(true);
        spawn_local(async move {
            // Stopped or done, nothing runs any more.
            let _ = run.await;
            running.set(false);
        });
    });
    let rows = checks.into_iter().map(|(check, way)| row(check, way, valid, results, running)).collect_view();
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
}

fn failed(id: String, message: String) -> CheckResult {
    CheckResult { id, ok: false, ms: 0.0, message }
}

/// One check: how it went, what was found, how long it took, and where it is mended.
fn row(
    check: Check,
    way: String,
    valid: bool,
    results: RwSignal<Vec<CheckResult>>,
    running: RwSignal<bool>,
) -> AnyView {
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
                (false, false) => "Waits until the errors are mended",
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
