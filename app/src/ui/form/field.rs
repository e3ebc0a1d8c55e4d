//! One line of text with its label, hint and errors.

use leptos::prelude::*;

use super::{
    field_errors::{FieldErrors, Words, id_of, name_of},
    field_notes::{FieldNotes, described_by},
};

/// What a field takes. None of these makes the browser refuse what was typed: the server judges it, and what was
/// typed comes back beside the words.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Input {
    /// Any text.
    #[default]
    Text,
    /// An address.
    Url,
    /// A whole number.
    Number,
    /// A secret; never filled in by the server.
    Password,
}

/// One line of text.
#[component]
pub fn Field(
    /// Its field path; names the control and finds its errors.
    #[prop(into)]
    path: String,
    /// The control's name where the path does not give it, as in a form whose fields are an address.
    #[prop(optional, into)]
    name: Option<String>,
    /// What it is called.
    #[prop(into)]
    label: String,
    /// What stands in it.
    #[prop(optional, into)]
    value: String,
    /// What helps to fill it in.
    #[prop(optional, into)]
    hint: String,
    /// The whole form's errors; those at `path` are shown.
    #[prop(optional, into)]
    errors: Signal<FieldErrors>,
    /// The whole form's warnings; those at `path` are shown.
    #[prop(optional, into)]
    warnings: Signal<FieldErrors>,
    /// What it takes.
    #[prop(optional)]
    input: Input,
    /// The most characters.
    #[prop(optional, into)]
    limit: Option<usize>,
    /// What stands in it while it is empty.
    #[prop(optional, into)]
    placeholder: String,
    /// The browser's `autocomplete` token.
    #[prop(default = "off")]
    autocomplete: &'static str,
    /// Whether the server refuses it empty. It is said to screen readers; the browser does not block.
    #[prop(optional)]
    required: bool,
    /// Whether the label is for screen readers only, as in rows under a heading.
    #[prop(optional)]
    bare: bool,
) -> impl IntoView {
    let (id, name) = (id_of(&path), name.unwrap_or_else(|| name_of(&path)));
    let (errors, warnings) = (Words::at(errors, &path), Words::at(warnings, &path));
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
                    move || errors.mark()
                }
                aria-describedby=described_by(&id, &hint, &errors, &warnings)
            />
            <FieldNotes id hint errors warnings />
        </div>
    }
}
