//! The wizard: where a balancer is made or changed, one step at a time. Each step is one form; whatever is pressed,
//! what was typed goes into the draft on the server first.

mod add_instance;
mod conflict;
mod destination_choices;
mod load;
mod mode;
mod name;
mod review;
mod route_row;
mod router;
mod routes;
mod step_errors;
mod summary;
mod trial;
mod workload;

use crate::web::form::post_form::post_form;
use leptos::{prelude::*, server_fn::ServerFn as _};

use self::step_errors::StepErrors;
use super::parts::{loaded::loaded_form, notice::flash_notice};
use crate::fragments::refused::refused;
use crate::web::page_params::PageParams;
use crate::{
    actions::wizard::{
        WizardStep,
        steps::{self, neighbours},
    },
    domain::console::draft::Step,
    islands::typing::{TYPED, Typing},
    pages::wizard::load::WizardPage,
    refusal::Refusal,
    ui::{Button, ButtonKind, Notice, PageHead, Step as ListedStep, StepList, StepState, Tone},
    web::step_address::step_address,
};

/// One step of a draft, new or editing. Nothing is kept before something is typed.
#[component]
pub fn StepPage() -> impl IntoView {
    let params = PageParams::current();
    let data = load::step(params.clone());
    let title = if params.part("id").is_empty() { "Create a balancer" } else { "Edit balancer" };
    view! {
        <PageHead title />
        {loaded_form(data, false, step_view)}
    }
}

fn step_view(page: WizardPage) -> AnyView {
    let found = StepErrors::new(&page);
    // FieldErrors stand in the step's summary, and a conflict says more than its refusal.
    let worded = |it: &&Refusal| it.errors().is_empty() && !matches!(it, Refusal::Stale { .. });
    let refusal = page.notes.refused.as_ref().filter(worded).map(refused);
    let content = step_content(&page, found);
    let editing = page.editing.as_ref().map(|it| it.id.clone());
    // On the last step nothing is typed, and its checks look after themselves.
    let typing = (page.step != Step::Review)
        .then(|| view! { <Typing within="step".to_owned() step=page.step editing /> });
    view! {
        {flash_notice(page.note)}
        {refusal}
        <div id="step" class="stack" data-live=typing.is_some().then_some(TYPED)>
            {page.notes.is_copy.then(copied)}
            {post_form(WizardStep::url(), content)}
        </div>
        {typing}
    }
    .into_any()
}

/// Notice about a draft that became two.
fn copied() -> AnyView {
    view! {
        <Notice tone=Tone::Warn>
            <p>
                "This draft was changed in another window while you typed. What you typed here is kept as a draft of its own; the other one is on "
                <a href="/">"the board"</a> "."
            </p>
        </Notice>
    }
    .into_any()
}

/// All of it is the form: the step list is made of its buttons, too.
fn step_content(page: &WizardPage, found: StepErrors) -> AnyView {
    let step = page.step;
    let ordered = page.fields.routing_mode.as_deref() == Some("ordered");
    let editing = page.editing.clone().map(|editing| {
        view! {
            <input type="hidden" name="which[editing][id]" value=editing.id />
            <input
                type="hidden"
                name="which[editing][revision]"
                value=editing.revision.to_string()
                data-base=""
            />
        }
    });
    // Where nothing is typed nothing can be lost; there the steps are links.
    let press = step != Step::Review;
    let (back, next) = neighbours(step, ordered);
    let save = (!press).then(|| review::save(page));
    view! {
        // The form's first button is what the Enter key presses.
        <button type="submit" class="unseen" name="act" value="next" tabindex="-1" aria-hidden="true">
            "Next"
        </button>
        <input type="hidden" name="which[draft]" value=page.draft.clone() />
        <input type="hidden" name="which[base]" value=page.base.clone() data-base="" />
        {editing}
        <input type="hidden" name="step" value=step.as_str() />
        {conflict::view(page)}
        <div class="wizard">
            <StepList label="Steps" steps=listed(page) press />
            <div class="step">
                <h2 tabindex="-1" autofocus=true>{title(step)}</h2>
                {body(page, found)}
                <div class="step-actions">
                    {back.map(|_| view! { <Button act="back">"Back"</Button> })}
                    {next.map(|_| view! { <Button act="next" kind=ButtonKind::Primary>"Next"</Button> })}
                    {save}
                </div>
            </div>
            {summary::view(page)}
        </div>
    }
    .into_any()
}

fn body(page: &WizardPage, found: StepErrors) -> AnyView {
    match page.step {
        Step::Name => name::view(page, found),
        Step::Workload => workload::view(page, found),
        Step::Mode => mode::view(page, found),
        Step::Router => router::view(page, found),
        Step::Routes => routes::view(page, found),
        Step::Review => review::view(page),
    }
}

/// What a step is called.
fn title(step: Step) -> &'static str {
    match step {
        Step::Name => "Name",
        Step::Workload => "Workload kind",
        Step::Mode => "Routing mode",
        Step::Router => "Router model",
        Step::Routes => "Routes",
        Step::Review => "Save and test",
    }
}

/// The steps as the step list shows them.
fn listed(page: &WizardPage) -> Vec<ListedStep> {
    let ordered = page.fields.routing_mode.as_deref() == Some("ordered");
    Step::ALL
        .into_iter()
        .map(|step| ListedStep {
            label: title(step).to_owned(),
            way: match page.step {
                Step::Review => address(page, step),
                _ => format!("go:{}", step.as_str()),
            },
            state: match steps::step_state(step, page.step, &page.notes.left, ordered, &page.report) {
                steps::StepState::Done => StepState::Done,
                steps::StepState::Faulty => StepState::Faulty,
                steps::StepState::Ahead => StepState::Open,
                steps::StepState::NotNeeded => StepState::Skipped,
            },
            current: step == page.step,
        })
        .collect()
}

/// The address of a step of the page's draft.
fn address(page: &WizardPage, step: Step) -> String {
    step_address(page.editing.as_ref().map(|it| it.id.as_str()), step, &page.draft)
}
