//! Selects, for lists that are too long for cards.

use leptos::prelude::*;

use super::{
    field_errors::{FieldErrors, FieldMessages, id_of, name_of},
    field_notes::{FieldNotes, described_by},
};

/// An option of a [`Select`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Choice {
    /// Value sent by the form.
    pub value: String,
    /// Label.
    pub label: String,
    /// Heading of the option's group; consecutive options with the same heading form a group. Empty for no group.
    pub group: String,
    /// Whether it is visible but cannot be selected.
    pub disabled: bool,
}

impl Choice {
    /// An option without a group.
    pub fn new(value: impl Into<String>, label: impl Into<String>) -> Self {
        Self { value: value.into(), label: label.into(), ..Self::default() }
    }

    /// An option in a group.
    pub fn under(group: impl Into<String>, value: impl Into<String>, label: impl Into<String>) -> Self {
        Self { value: value.into(), label: label.into(), group: group.into(), disabled: false }
    }
}

/// A select.
#[component]
pub fn Select(
    /// Field path; determines the name of the control and its errors.
    #[prop(into)]
    path: String,
    /// Name of the control, if it is not derived from the path, as in forms whose fields are query parameters.
    #[prop(optional, into)]
    name: Option<String>,
    /// Label.
    #[prop(into)]
    label: String,
    /// The options. A `value` that is not among them is kept and shown as unknown.
    choices: Vec<Choice>,
    /// Value of the selected option.
    #[prop(optional, into)]
    value: String,
    /// Help text.
    #[prop(optional, into)]
    hint: String,
    /// Errors of the whole form; those at `path` are shown.
    #[prop(optional, into)]
    errors: Signal<FieldErrors>,
    /// Warnings of the whole form; those at `path` are shown.
    #[prop(optional, into)]
    warnings: Signal<FieldErrors>,
    /// Whether the label is for screen readers only, as in rows under a heading.
    #[prop(optional)]
    bare: bool,
) -> impl IntoView {
    let (id, name) = (id_of(&path), name.unwrap_or_else(|| name_of(&path)));
    let (errors, warnings) = (FieldMessages::at(errors, &path), FieldMessages::at(warnings, &path));
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
                    move || errors.aria_invalid()
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
