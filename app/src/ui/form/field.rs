//! Single-line text fields with label, hint and errors.

use leptos::prelude::*;

use super::{
    field_errors::{FieldErrors, FieldMessages, id_of, name_of},
    field_notes::{FieldNotes, described_by},
};

/// Type of a field's input. No type makes the browser refuse input: the server validates it, and the page shows the
/// input again with its errors.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Input {
    /// Any text.
    #[default]
    Text,
    /// A URL.
    Url,
    /// A whole number.
    Number,
    /// A secret; the server never fills it in.
    Password,
}

/// A single-line text field.
#[component]
pub fn Field(
    /// Field path; determines the name of the control and its errors.
    #[prop(into)]
    path: String,
    /// Name of the control, if it is not derived from the path, as in forms whose fields are query parameters.
    #[prop(optional, into)]
    name: Option<String>,
    /// Label.
    #[prop(into)]
    label: String,
    /// Current value.
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
    /// Type of the input.
    #[prop(optional)]
    input: Input,
    /// Maximum length in characters.
    #[prop(optional, into)]
    limit: Option<usize>,
    /// Placeholder.
    #[prop(optional, into)]
    placeholder: String,
    /// The `autocomplete` attribute.
    #[prop(default = "off")]
    autocomplete: &'static str,
    /// Whether the server requires a value. Announced to screen readers; the browser does not block.
    #[prop(optional)]
    required: bool,
    /// Whether the label is for screen readers only, as in rows under a heading.
    #[prop(optional)]
    bare: bool,
) -> impl IntoView {
    let (id, name) = (id_of(&path), name.unwrap_or_else(|| name_of(&path)));
    let (errors, warnings) = (FieldMessages::at(errors, &path), FieldMessages::at(warnings, &path));
    let (kind, mode) = match input {
        Input::Text => ("text", None),
        Input::Url => ("text", Some("url")),
        Input::Number => ("text", Some("numeric")),
        Input::Password => ("password", None),
    };
    view! {
        <div class="field">
            <label for=id.clone() class:unseen=bare>{label}</label>
            <input
                id=id.clone()
                name=name
                type=kind
                inputmode=mode
                value=value
                maxlength=limit.map(|limit| limit.to_string())
                placeholder=(!placeholder.is_empty()).then_some(placeholder)
                autocomplete=autocomplete
                autocapitalize="none"
                spellcheck="false"
                aria-required=required.then_some("true")
                aria-invalid={
                    let errors = errors.clone();
                    move || errors.aria_invalid()
                }
                aria-describedby=described_by(&id, &hint, &errors, &warnings)
            />
            <FieldNotes id hint errors warnings />
        </div>
    }
}
