//! Step 4: the model that reads prompts and picks routes.

use leptos::prelude::*;

use super::{add_instance, destination_choices, step_errors::StepErrors};
use crate::{
    fragments::router_prompt,
    pages::wizard::load::WizardPage,
    ui::{Disclosure, Field, Notice, Select},
};

pub(super) fn view(page: &WizardPage, found: StepErrors) -> AnyView {
    if page.fields.routing_mode.as_deref() == Some("ordered") {
        return view! {
            <Notice>
                <p>"An ordered balancer needs no router model. Go on to the routes."</p>
            </Notice>
        }
        .into_any();
    }
    let picked = page.fields.router_model.clone().unwrap_or_default().value;
    let messages = router_prompt::view(&page.router_prompt);
    view! {
        <div class="stack">
            <Select
                path="router_model.ref"
                label="Router model"
                choices=destination_choices::router_choices(&page.options, &picked)
                value=picked
                hint="A small chat model that follows instructions is enough. Pick a decision model if you have one: it answers in \
                      milliseconds and says how sure it is. Either sees the prompt and never answers it."
                errors=found.errors()
                warnings=found.warnings()
            />
            {filled(page)}
            {add_instance::view(page)}
            {advanced(page, found)}
            <Disclosure summary="The exact router prompt">
                <p>"With your routes as they are now, and a sample prompt at the end."</p>
                {messages}
            </Disclosure>
        </div>
    }
    .into_any()
}

fn advanced(page: &WizardPage, found: StepErrors) -> AnyView {
    let min_confidence = page.fields.classifier.clone().unwrap_or_default().min_confidence;
    let min_confidence = page.threshold.map_or(min_confidence, |it| it.to_string());
    let open = page.threshold.is_some() || !found.errors().get_untracked().under("classifier").is_empty();
    view! {
        <Disclosure summary="Advanced" open>
            <Field
                path="classifier.min_confidence"
                label="Minimum confidence"
                value=min_confidence
                hint="From 0 to 1. Calls of which the router model is less sure go to the default route; 0 means no minimum. \
                      It applies only if the model says how sure it is."
                errors=found.errors()
            />
        </Disclosure>
    }
    .into_any()
}

/// Note about choices that were filled in automatically.
pub(super) fn filled(page: &WizardPage) -> Option<AnyView> {
    page.notes.filled.then(|| {
        view! {
            <p class="hint">"Filled in with what there is to choose; change it where you like."</p>
        }
        .into_any()
    })
}
