//! "Add an instance" in place: makes it, comes back, and has it chosen.

use leptos::prelude::*;

use crate::{
    domain::{console::draft::Step, field_error::FieldError, limits},
    fragments::refused::refused,
    pages::wizard::load::WizardPage,
    refusal::Refusal,
    ui::{Button, Choice, Disclosure, Field, FieldErrors, Select, form::field::Input},
};

/// The small form; nothing for people who may not add instances.
pub(super) fn view(page: &WizardPage) -> Option<AnyView> {
    page.may_add.then(|| {
        let typed = page.notes.new_instance.clone();
        let refusal = page.notes.new_refused.clone();
        let errors =
            FieldErrors::from(refusal.iter().flat_map(Refusal::errors).map(below).collect::<Vec<_>>());
        let words = refusal.filter(|it| it.errors().is_empty());
        let open =
            !errors.is_empty() || words.is_some() || !typed.name.is_empty() || !typed.base_url.is_empty();
        let kind = (page.step == Step::Router).then(|| {
            let choices = vec![Choice::new("chat", "Chat model"), Choice::new("decision", "Decision model")];
            let (value, errors) = (typed.workload_kind.clone(), errors.clone());
            view! { <Select path="new_instance.workload_kind" label="Kind of model" choices value errors /> }
        });
        view! {
            <Disclosure summary="Add an instance" id="add-instance" open>
                {words.as_ref().map(refused)}
                <Field
                    path="new_instance.name"
                    label="Instance name"
                    value=typed.name
                    errors=errors.clone()
                    limit=limits::NAME_CHARS
                />
                <Field
                    path="new_instance.base_url"
                    label="Base URL"
                    value=typed.base_url
                    hint="Where its OpenAI-compatible API answers, such as http://localhost:8000/v1"
                    errors=errors.clone()
                    input=Input::Url
                    limit=limits::BASE_URL_CHARS
                />
                <Field
                    path="new_instance.model"
                    label="Model"
                    value=typed.model
                    hint="The model id that it is sent."
                    errors=errors.clone()
                    limit=limits::MODEL_CHARS
                />
                {kind}
                <Field
                    path="new_instance.api_key"
                    label="API key"
                    hint="Stored sealed and never shown again. Leave it empty where none is needed."
                    errors
                    input=Input::Password
                    autocomplete="new-password"
                    limit=limits::API_KEY_CHARS
                />
                <div class="actions">
                    <Button act="add_instance">"Add and choose it"</Button>
                </div>
            </Disclosure>
        }
        .into_any()
    })
}

/// The instance's error at its control in this form.
fn below(error: FieldError) -> FieldError {
    FieldError { path: format!("new_instance.{}", error.path), ..error }
}
