//! A yes or no. The form sends `true` where it is ticked and nothing where it is not.

use leptos::prelude::*;

use super::{
    field_errors::{FieldErrors, Words, id_of, name_of},
    field_notes::{FieldNotes, described_by},
};

/// A yes or no.
#[component]
pub fn Checkbox(
    /// Its field path; names the control and finds its errors.
    #[prop(into)]
    path: String,
    /// What it is called.
    #[prop(into)]
    label: String,
    /// Whether it is ticked.
    #[prop(optional)]
    checked: bool,
    /// What it sends where it is ticked; `true` unless it is one of a list.
    #[prop(default = "true".to_owned(), into)]
    value: String,
    /// Its id, where several share a path.
    #[prop(optional, into)]
    id: Option<String>,
    /// What helps to decide.
    #[prop(optional, into)]
    hint: String,
    /// The whole form's errors; those at `path` are shown.
    #[prop(optional, into)]
    errors: Signal<FieldErrors>,
    /// Whether the label is for screen readers only, as in rows under a heading.
    #[prop(optional)]
    bare: bool,
) -> impl IntoView {
    let (id, name, errors) = (id.unwrap_or_else(|| id_of(&path)), name_of(&path), Words::at(errors, &path));
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
                    move || errors.mark()
                }
                aria-describedby=described_by(&id, &hint, &errors, &Words::default())
            />
            <label for=id.clone() class:unseen=bare>{label}</label>
            <FieldNotes id hint errors />
        </div>
    }
}
