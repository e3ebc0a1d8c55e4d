//! Step 1: what people call it, and what clients send.

use leptos::prelude::*;

use super::step_errors::StepErrors;
use crate::{
    domain::{config::balancer::serving_name_from, field_error::FieldError, limits},
    islands::follow_name::FollowName,
    pages::wizard::load::WizardPage,
    ui::{Button, Disclosure, Field, FieldErrors, TextArea},
};

pub(super) fn view(page: &WizardPage, found: StepErrors) -> AnyView {
    let name = page.fields.name.clone().unwrap_or_default();
    let serving = page.fields.serving_name.clone().unwrap_or_default();
    let editing = page.editing.is_some();
    let hint = if editing {
        "Clients send this as the model id. Calls with the old one will fail once you save a new one."
    } else {
        "Clients send this as the model id. It follows the name until you change it."
    };
    let follows = !editing && serving == serving_name_from(&name);
    view! {
        {(!editing).then(|| paste_box(page))}
        <FollowName follows />
        <div class="stack">
            <Field
                path="name"
                label="Name"
                value=name
                hint="For you and your team; clients never see it."
                errors=found.errors()
                warnings=found.warnings()
                limit=limits::NAME_CHARS
                required=true
            />
            <Field
                path="serving_name"
                label="Serving name"
                value=serving
                hint
                errors=found.errors()
                warnings=found.warnings()
                limit=limits::SERVING_NAME_CHARS
            />
        </div>
    }
    .into_any()
}

fn paste_box(page: &WizardPage) -> AnyView {
    let (found, pasted) = (page.notes.paste_errors.clone(), page.notes.pasted.clone());
    let open = !found.is_empty();
    let words = |it: &FieldError| {
        if it.path.is_empty() { it.message.clone() } else { format!("{}: {}", it.path, it.message) }
    };
    let errors = FieldErrors::from(
        found.iter().map(|it| FieldError::new("paste", &it.code, words(it))).collect::<Vec<_>>(),
    );
    view! {
        <Disclosure summary="Start from JSON" open>
            <TextArea
                path="paste"
                label="Paste JSON"
                value=pasted
                hint="A balancer as the API takes it; a listing with line numbers is fine. It fills all steps; nothing is saved yet."
                errors
                rows=8
                code=true
            />
            <Button act="fill">"Fill in the steps"</Button>
        </Disclosure>
    }
    .into_any()
}
