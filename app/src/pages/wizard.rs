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
            Which, WizardPage, WizardStep, read_wizard,
            steps::{self, neighbours, step_address},
        },
    },
    domain::draft::{Editing, Step},
    ui::{Button, ButtonKind, PageHead, Step as ListedStep, StepList, StepState, focus::focus_when_free},
};

/// The id of the form of a step; the step list sends it too.
const FORM: &str = "step";

/// One step of a draft, new or editing. Nothing is kept before something is typed.
#[component]
pub fn StepPage() -> impl IntoView {
    let press = ServerAction::<WizardStep>::new();
    let visit = Visit::new().follow(press);
    let data = Resource::new_with_options(
        move || visit.sight(),
        |sight| async move {
            let (part, id) = (sight.part("step"), sight.part("id"));
            let step = if part.is_empty() { Some(Step::Name) } else { Step::parse(&part) };
            let Some(step) = step else {
                return Ok(Err(Refusal::Gone("There is no such step.".to_owned())));
            };
            let which = Which {
                draft: sight.query("draft").unwrap_or_default(),
                editing: (!id.is_empty()).then_some(Editing { id, revision: 0 }),
            };
            read_wizard(which, step, sight.query("note").unwrap_or_default()).await
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
    let named = step.as_str();
    let editing = page.editing.clone().map(|editing| {
        view! {
            <input type="hidden" name="which[editing][id]" value=editing.id />
            <input type="hidden" name="which[editing][revision]" value=editing.revision.to_string() />
        }
    });
    // Where nothing is typed, nothing can be lost: then the steps are links.
    let form = (step != Step::Review).then(|| FORM.to_owned());
    let (back, next) = neighbours(step, ordered);
    let controls = body(&page, live);
    let save = (step == Step::Review).then(|| review::save(&page));
    view! {
        {refusals.into_iter().flatten().collect_view()}
        {conflict::view(&page)}
        <div class="wizard">
            {move || view! { <StepList label="Steps" steps=live.steps() form=form.clone() /> }}
            <div class="wizard-step">
                <ActionForm
                    action=press
                    node_ref=live.form
                    attr:id=FORM
                    attr:class="step-form"
                    attr:aria-busy=move || press.pending().get().then_some("true")
                    on:input=move |_| live.typed()
                    on:submit:capture=move |ev| live.pressed(&ev)
                >
                    // The form's first button is what the Enter key presses.
                    <button type="submit" class="unseen" name="act" value="next" tabindex="-1" aria-hidden="true">
                        "Next"
                    </button>
                    <input type="hidden" name="which[draft]" value=live.draft />
                    {editing}
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
