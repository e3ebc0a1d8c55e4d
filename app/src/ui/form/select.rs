//! A choice out of a list that is too long for cards.

use leptos::prelude::*;

use super::{
    field_errors::{FieldErrors, Words, id_of, name_of},
    field_notes::{FieldNotes, described_by},
};

/// One choice of a [`Select`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Choice {
    /// What the form sends.
    pub value: String,
    /// What people read.
    pub label: String,
    /// The heading that it stands under; neighbours with the same one share it. Empty means none.
    pub group: String,
    /// Whether it is shown but cannot be chosen.
    pub disabled: bool,
}

impl Choice {
    /// A choice under no heading.
    pub fn new(value: impl Into<String>, label: impl Into<String>) -> Self {
        Self { value: value.into(), label: label.into(), ..Self::default() }
    }

    /// A choice under a heading.
    pub fn under(group: impl Into<String>, value: impl Into<String>, label: impl Into<String>) -> Self {
        Self { value: value.into(), label: label.into(), group: group.into(), disabled: false }
    }
}

/// A choice out of a list.
#[component]
pub fn Select(
    /// Its field path; names the control and finds its errors.
    #[prop(into)]
    path: String,
    /// The control's name where the path does not give it, as in a form whose fields are an address.
    #[prop(optional, into)]
    name: Option<String>,
    /// What it is called.
    #[prop(into)]
    label: String,
    /// What can be chosen. A `value` that is not among them is kept and shown as unknown.
    choices: Vec<Choice>,
    /// What is chosen.
    #[prop(optional, into)]
    value: String,
    /// What helps to choose.
    #[prop(optional, into)]
    hint: String,
    /// The whole form's errors; those at `path` are shown.
    #[prop(optional, into)]
    errors: Signal<FieldErrors>,
    /// The whole form's warnings; those at `path` are shown.
    #[prop(optional, into)]
    warnings: Signal<FieldErrors>,
    /// Whether the label is for screen readers only, as in rows under a heading.
    #[prop(optional)]
    bare: bool,
) -> impl IntoView {
    let (id, name) = (id_of(&path), name.unwrap_or_else(|| name_of(&path)));
    let (errors, warnings) = (Words::at(errors, &path), Words::at(warnings, &path));
    let mut choices = choices;
    if !choices.iter().any(|choice| choice.value == value) {
        choices.insert(
            0,
            Choice::new(
                value.clone(),
                if value.is_empty() { "Choose…".to_owned() } else { format!("{value} (unknown)") },
            ),
        );
    }
    let groups = choices
        .chunk_by(|a, b| a.group == b.group)
        .map(|group| {
            let options = group.iter().map(|choice| option(choice, &value)).collect_view();
            match group.first().map(|choice| choice.group.clone()).filter(|heading| !heading.is_empty()) {
                Some(heading) => view! { <optgroup label=heading>{options}</optgroup> }.into_any(),
                None => options.into_any(),
            }
        })
        .collect_view();
    view! {
        <div class="field">
            <label for=id.clone() class:unseen=bare>{label}</label>
            <select
                id=id.clone()
                name=name
                autocomplete="off"
                aria-invalid={
                    let errors = errors.clone();
                    move || errors.mark()
                }
                aria-describedby=described_by(&id, &hint, &errors, &warnings)
            >
                {groups}
            </select>
            <FieldNotes id hint errors warnings />
        </div>
    }
}

fn option(choice: &Choice, chosen: &str) -> impl IntoView + use<> {
    view! {
        <option value=choice.value.clone() selected=choice.value == chosen disabled=choice.disabled>
            {choice.label.clone()}
        </option>
    }
}
