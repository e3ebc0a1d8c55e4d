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
mod summary;
mod trial;
mod workload;

use leptos::{html, prelude::*, server_fn::ServerFn as _};

use self::live::Live;
use super::{
    loaded::{loaded, posted, refused},
    noted::noted,
    visit::Visit,
};
use crate::{
    api::{
        refusal::Refusal,
        wizard::{
            Which, WizardPage, WizardStep, read_wizard,
            steps::{self, neighbours, step_address},
        },
    },
    domain::draft::{Editing, Step},
    ui::{Button, ButtonKind, PageHead, Step as ListedStep, StepList, StepState, focus::focus_when_free},
};

/// One step of a draft, new or editing. Nothing is kept before something is typed.
#[component]
pub fn StepPage() -> impl IntoView {
    let visit = Visit::new();
    let data = visit.read(|sight| async move {
        let (part, id) = (sight.part("step"), sight.part("id"));
        let step = if part.is_empty() { Some(Step::Name) } else { Step::parse(&part) };
        let Some(step) = step else {
            return Ok(Err(Refusal::Gone("There is no such step.".to_owned())));
        };
        let editing = (!id.is_empty()).then_some(Editing { id, revision: 0 });
        read_wizard(Which { draft: sight.text("draft"), editing }, step, sight.text("note")).await
    });
    let title =
        move || if visit.sight().part("id").is_empty() { "Create a balancer" } else { "Edit balancer" };
    view! {
        {move || view! { <PageHead title=title() /> }}
        {posted(visit)}
        {loaded(data, move |page| step_view(page, visit))}
    }
}

fn step_view(page: WizardPage, visit: Visit) -> AnyView {
    let live = Live::new(&page);
    // Faults stand in the step's summary, and a conflict says more than its refusal.
    let told = |it: &&Refusal| it.faults().is_empty() && !matches!(it, Refusal::Stale { .. });
    let refusal = page.notes.refused.as_ref().filter(told).map(refused);
    let content = step_content(&page, live);
    view! {
        {noted(page.note)}
        {refusal}
        // Heard on its way down to the form, which is the router's.
        <div
            node_ref=live.root
            aria-busy=move || visit.is_sending().get().then_some("true")
            on:input=move |_| live.typed()
            on:submit:capture=move |ev| live.pressed(&ev)
        >
            {visit.form(WizardStep::url(), content)}
        </div>
    }
    .into_any()
}

/// All of it is the form: the step list is made of its buttons, too.
fn step_content(page: &WizardPage, live: Live) -> AnyView {
    let step = page.step;
    let ordered = page.fields.routing_mode.as_deref() == Some("ordered");
    let heading = NodeRef::<html::H2>::new();
    focus_when_free(heading);
    let editing = page.editing.clone().map(|editing| {
        view! {
            <input type="hidden" name="which[editing][id]" value=editing.id />
            <input type="hidden" name="which[editing][revision]" value=editing.revision.to_string() />
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
        <input type="hidden" name="which[draft]" value=live.draft />
        {editing}
        <input type="hidden" name="step" value=step.as_str() />
        {conflict::view(page)}
        <div class="wizard">
            {move || view! { <StepList label="Steps" steps=live.steps() press /> }}
            <div class="step">
                <h2 tabindex="-1" node_ref=heading>{title(step)}</h2>
                {body(page, live)}
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
fn listed(page: &WizardPage, report: &crate::domain::fault::Report) -> Vec<ListedStep> {
    let ordered = page.fields.routing_mode.as_deref() == Some("ordered");
    Step::ALL
        .into_iter()
        .map(|step| ListedStep {
            label: title(step).to_owned(),
            way: match page.step {
                Step::Review => address(page, step),
                _ => format!("go:{}", step.as_str()),
            },
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
    step_address(page.editing.as_ref().map(|it| it.id.as_str()), step, &page.draft)
}
