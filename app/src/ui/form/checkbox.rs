//! Checkboxes. The form sends `true` if checked, and nothing otherwise.

use leptos::prelude::*;

use super::{
    field_errors::{FieldErrors, FieldMessages, id_of, name_of},
    field_notes::{FieldNotes, described_by},
};

/// A checkbox.
#[component]
pub fn Checkbox(
    /// Field path; determines the name of the control and its errors.
    #[prop(into)]
    path: String,
    /// Label.
    #[prop(into)]
    label: String,
    /// Whether it is checked.
    #[prop(optional)]
    checked: bool,
    /// Value sent if checked; `true` unless the checkbox is part of a list.
    #[prop(default = "true".to_owned(), into)]
    value: String,
    /// Id of the control, if several share a path.
    #[prop(optional, into)]
    id: Option<String>,
    /// Help text.
    #[prop(optional, into)]
    hint: String,
    /// Errors of the whole form; those at `path` are shown.
    #[prop(optional, into)]
    errors: Signal<FieldErrors>,
    /// Whether the label is for screen readers only, as in rows under a heading.
    #[prop(optional)]
    bare: bool,
) -> impl IntoView {
    let (id, name, errors) =
        (id.unwrap_or_else(|| id_of(&path)), name_of(&path), FieldMessages::at(errors, &path));
    view! {
        <div class="tick">
            <input
                type="checkbox"
                id=id.clone()
                name=name
                value=value
                checked=checked
                autocomplete="off"
                aria-invalid={
                    let errors = errors.clone();
                    move || errors.aria_invalid()
                }
                aria-describedby=described_by(&id, &hint, &errors, &FieldMessages::default())
            />
            <label for=id.clone() class:unseen=bare>{label}</label>
            <FieldNotes id hint errors />
        </div>
    }
}
