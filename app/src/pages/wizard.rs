//! The wizard: where a balancer is made or changed, one step at a time. Each step is one form; whatever is pressed,
//! what was typed goes into the draft on the server first.

mod add_instance;
mod chosen;
mod conflict;
mod live;
mod mode;
mod name;
mod review;
mod route_row;
mod router;
mod routes;
mod start;
mod summary;
mod trial;
mod workload;

use leptos::{html, prelude::*};

use self::live::Live;
use super::{
    loaded::{failed, loaded, refused},
    visit::Visit,
};
use crate::{
    api::{
        note::Note,
        refusal::Refusal,
        wizard::{
            WizardPage, WizardStep, read_wizard,
            steps::{self, neighbours, step_address},
        },
    },
    domain::draft::Step,
    ui::{Button, ButtonKind, PageHead, Step as ListedStep, StepList, StepState, focus::focus_when_free},
};

/// The id of the form of a step; the step list sends it too.
const FORM: &str = "step";

/// Where a new balancer begins.
#[component]
pub fn StartPage() -> impl IntoView {
    start::view()
}

/// One step of a draft, new or editing.
#[component]
pub fn StepPage() -> impl IntoView {
    let press = ServerAction::<WizardStep>::new();
    let visit = Visit::new().follow(press);
    let data = Resource::new_with_options(
        move || visit.sight(),
        |sight| async move {
            let step = Step::parse(&sight.part("step"));
            match (step, sight.query("draft")) {
                (Some(step), Some(draft)) => {
                    read_wizard(draft, step, sight.query("note").unwrap_or_default()).await
                }
                _ => {
                    Ok(Err(Refusal::Gone("There is no such step. Begin at “Create a balancer”.".to_owned())))
                }
            }
        },
        false,
    );
    let title =
        move || if visit.sight().part("id").is_empty() { "Create a balancer" } else { "Edit balancer" };
    view! {
        {move || view! { <PageHead title=title() /> }}
        {move || press.value().get().and_then(Result::err).map(failed)}
        {loaded(data, move |page| step_view(page, press))}
    }
}

fn step_view(page: WizardPage, press: ServerAction<WizardStep>) -> AnyView {
    let live = Live::new(&page);
    let step = page.step;
    let ordered = page.fields.routing_mode.as_deref() == Some("ordered");
    let heading = NodeRef::<html::H2>::new();
    focus_when_free(heading);
    let refusals = [
        match &page.note {
            Some(Note::Refused(refusal)) => Some(refused(refusal)),
            _ => None,
        },
        page.notes.refused.as_ref().map(refused),
    ];
    let (draft, named) = (page.draft.clone(), step.as_str());
    let (back, next) = neighbours(step, ordered);
    let controls = body(&page, live);
    let save = (step == Step::Review).then(|| review::save(&page));
    view! {
        {refusals.into_iter().flatten().collect_view()}
        {conflict::view(&page)}
        <div class="wizard">
            {move || view! { <StepList label="Steps" steps=live.steps() form=FORM /> }}
            <div class="wizard-step">
                <ActionForm
                    action=press
                    node_ref=live.form
                    attr:id=FORM
                    attr:class="step-form"
                    attr:aria-busy=move || press.pending().get().then_some("true")
                    on:input=move |_| live.typed()
                    on:submit:capture=move |_| live.stop()
                >
                    // The form's first button is what the Enter key presses.
                    <button type="submit" class="unseen" name="act" value="next" tabindex="-1" aria-hidden="true">
                        "Next"
                    </button>
                    <input type="hidden" name="draft" value=draft />
                    <input type="hidden" name="step" value=named />
                    <h2 tabindex="-1" node_ref=heading>{title(step)}</h2>
                    {controls}
                    <div class="step-actions">
                        {back.map(|_| view! { <Button act="back">"Back"</Button> })}
                        {next.map(|_| view! { <Button act="next" kind=ButtonKind::Primary>"Next"</Button> })}
                        {save}
                    </div>
                </ActionForm>
            </div>
            {summary::view(&page)}
        </div>
    }
    .into_any()
}

fn body(page: &WizardPage, live: Live) -> AnyView {
    match page.step {
        Step::Name => name::view(page, live),
        Step::Workload => workload::view(page, live),
        Step::Mode => mode::view(page, live),
        Step::Router => router::view(page, live),
        Step::Routes => routes::view(page, live),
        Step::Review => review::view(page),
    }
}

/// The heading of a step.
fn title(step: Step) -> &'static str {
    match step {
        Step::Name => "Name and serving name",
        Step::Workload => "Workload kind",
        Step::Mode => "Routing mode",
        Step::Router => "Router model",
        Step::Routes => "Routes",
        Step::Review => "Save and test",
    }
}

/// The steps as the step list shows them.
fn listed(page: &WizardPage, report: &crate::domain::fault::Report) -> Vec<ListedStep> {
    let ordered = page.fields.routing_mode.as_deref() == Some("ordered");
    Step::ALL
        .into_iter()
        .map(|step| ListedStep {
            label: title(step).to_owned(),
            way: format!("go:{}", step.as_str()),
            state: match steps::step_state(step, page.step, &page.notes.left, ordered, report) {
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
    step_address(page.editing.as_deref(), step, &page.draft)
}
