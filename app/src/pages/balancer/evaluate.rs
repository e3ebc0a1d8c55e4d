//! Evaluation of a balancer or a draft: labelled prompts, the current run, and the latest results.

mod by_route;
mod comparison;
mod confidence;
mod load;
mod prompts;
mod run;

use crate::web::form::post_form::post_form;
use leptos::{prelude::*, server_fn::ServerFn as _};

use super::tabs;
use crate::{
    actions::evaluation::{Evaluate, Subject},
    domain::console::evaluation::{Evaluation, EvaluationRun, Progress},
    pages::{
        balancer::evaluate::load::EvaluationPage,
        parts::{loaded::loaded_with_head, notice::flash_notice},
    },
    ui::{Button, ButtonKind, ButtonLink, EmptyState, Notice, PageHead, Tone},
    web::page_params::PageParams,
};

/// Evaluation of a stored balancer.
#[component]
pub fn EvaluateBalancerPage() -> impl IntoView {
    page()
}

/// Evaluation of a draft.
#[component]
pub fn EvaluateDraftPage() -> impl IntoView {
    page()
}

fn page() -> AnyView {
    let data = load::evaluation(PageParams::current());
    view! {
        {loaded_with_head(data, draw)}
    }
    .into_any()
}

fn draw(page: EvaluationPage) -> AnyView {
    let head = match &page.back {
        None => {
            let id = page.subject.balancer.clone();
            view! {
                <PageHead title=page.title.clone() />
                {tabs::view(&id, "evaluate")}
            }
            .into_any()
        }
        Some(back) => {
            let back = back.clone();
            view! {
                <PageHead title=format!("Evaluate the draft “{}”", page.title)>
                    <ButtonLink href=back>"Back to the wizard"</ButtonLink>
                </PageHead>
            }
            .into_any()
        }
    };
    let body = if page.classifies {
        body(&page)
    } else {
        view! { <EmptyState message="There is no router model here, so there is nothing to evaluate: routes are taken in order or by weight." /> }
            .into_any()
    };
    view! {
        {head}
        {flash_notice(page.note.clone())}
        {body}
    }
    .into_any()
}

fn body(page: &EvaluationPage) -> AnyView {
    let live = format!("evaluation:{}", page.key);
    let form = page.may_edit.then(|| buttons(&page.evaluation, &page.subject));
    let interrupted = page.evaluation.interrupted.as_ref().map(interrupted);
    let found = match page.evaluation.runs.split_first() {
        None => view! { <p class="quiet">"No run yet."</p> }.into_any(),
        Some((last, before)) => view! {
            {run::view(last, before.first(), &page.routes, page.now)}
            {by_route::view(&last.score, &page.routes, default_route(page, last))}
            {confidence::view(page, last)}
            {comparison::view(page)}
        }
        .into_any(),
    };
    view! {
        <p class="lead">
            "Runs prompts with known routes through the router model of this balancer. No destination is called, and nothing is cached or pinned."
        </p>
        <section class="panel" id="runs" data-live=live tabindex="-1" aria-labelledby="runs-title">
            <h2 id="runs-title">"Last run"</h2>
            {form}
            {interrupted}
            {found}
        </section>
        {prompts::view(page)}
    }
    .into_any()
}

/// The default route when a run began; runs of older versions do not tell it.
fn default_route<'a>(page: &'a EvaluationPage, run: &'a EvaluationRun) -> &'a str {
    if run.default_route.is_empty() { &page.default_route } else { &run.default_route }
}

/// "Run"; or the progress of the run with "Stop" and, without scripting, "Refresh".
fn buttons(shown: &Evaluation, subject: &Subject) -> AnyView {
    let content = match &shown.progress {
        Some(progress) => {
            let refresh = match subject.draft.as_str() {
                "" => format!("/balancers/{}/evaluate", subject.balancer),
                draft => format!("/evaluate?draft={draft}"),
            };
            view! {
                <progress
                    aria-label="Prompts classified"
                    max=progress.planned.to_string()
                    value=progress.done.to_string()
                ></progress>
                <span role="status">{progress_text(progress)}</span>
                <Button act="stop" disabled=progress.stopping>"Stop"</Button>
                <span class="scriptless">
                    <a href=refresh>"Refresh"</a>
                </span>
            }
            .into_any()
        }
        None => {
            let count = shown.set.as_ref().map(|set| set.prompts.len());
            view! {
                <Button act="run" kind=ButtonKind::Primary disabled=count.is_none() described_by="run-hint">
                    "Run evaluation"
                </Button>
                <span id="run-hint" class="hint">{hint(count)}</span>
            }
            .into_any()
        }
    };
    let content = view! {
        <SubjectFields subject=subject.clone() />
        <div class="actions">{content}</div>
    };
    post_form(Evaluate::url(), content.into_any())
}

fn hint(count: Option<usize>) -> String {
    match count {
        None => "Save labelled prompts below first.".to_owned(),
        Some(1) => "One call of the router model.".to_owned(),
        Some(count) => format!("{count} calls of the router model, four at once."),
    }
}

fn progress_text(progress: &Progress) -> String {
    let Progress { done, correct, planned, stopping } = progress;
    let end = if *stopping { "; stopping" } else { "" };
    format!("{done} of {planned} classified, {correct} correct{end}")
}

/// A notice that the latest run was interrupted.
fn interrupted(progress: &Progress) -> AnyView {
    let Progress { done, planned, .. } = progress;
    let words = format!(
        "The latest run was interrupted after {done} of {planned} prompts and has no result. Run it again."
    );
    view! { <Notice tone=Tone::Warn><p>{words}</p></Notice> }.into_any()
}

/// The evaluated object as hidden fields.
#[component]
fn SubjectFields(
    /// The evaluated object.
    subject: Subject,
) -> impl IntoView {
    view! {
        <input type="hidden" name="form[balancer]" value=subject.balancer />
        <input type="hidden" name="form[draft]" value=subject.draft />
    }
}

/// A notice that the prompts are invalid.
fn invalid_prompts(errors: usize) -> Option<AnyView> {
    (errors > 0).then(|| {
        view! {
            <Notice tone=Tone::Bad>
                <p>"These prompts were not saved. See the errors at the field."</p>
            </Notice>
        }
        .into_any()
    })
}
