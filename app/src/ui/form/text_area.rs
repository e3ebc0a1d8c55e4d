//! Multi-line text fields with label, hint and errors.

use leptos::prelude::*;

use super::{
    field_errors::{FieldErrors, FieldMessages, id_of, name_of},
    field_notes::{FieldNotes, described_by},
};

/// A multi-line text field. Always use it instead of a bare `<textarea>`, whose content the framework does not
/// escape.
#[component]
pub fn TextArea(
    /// Field path; determines the name of the control and its errors.
    #[prop(into)]
    path: String,
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
    /// Maximum length in characters.
    #[prop(optional, into)]
    limit: Option<usize>,
    /// Height in lines.
    #[prop(default = 3)]
    rows: usize,
    /// Whether it holds code: monospaced, without spell checking.
    #[prop(optional)]
    code: bool,
    /// Placeholder.
    #[prop(optional, into)]
    placeholder: String,
    /// Whether the server requires a value.
    #[prop(optional)]
    required: bool,
    /// Whether the characters are counted while the user types; for fields with a limit.
    #[prop(optional)]
    counted: bool,
) -> impl IntoView {
    let (id, name) = (id_of(&path), name_of(&path));
    let (errors, warnings) = (FieldMessages::at(errors, &path), FieldMessages::at(warnings, &path));
    let characters = value.chars().count();
    view! {
        <div class="field">
            <label for=id.clone()>{label}</label>
            <textarea
                id=id.clone()
                name=name
                rows=rows.to_string()
                class:code=code
                maxlength=limit.filter(|_| !counted).map(|limit| limit.to_string())
                placeholder=(!placeholder.is_empty()).then_some(placeholder)
                autocomplete="off"
                spellcheck=if code { "false" } else { "true" }
                aria-required=required.then_some("true")
                aria-invalid={
                    let errors = errors.clone();
                    move || errors.aria_invalid()
                }
                aria-describedby=described_by(&id, &hint, &errors, &warnings)
            >
                {content(value)}
            </textarea>
            {limit.filter(|_| counted).map(|limit| count(characters, limit))}
            <FieldNotes id hint errors warnings />
        </div>
    }
}

/// The number of characters, below the text area. The browser updates it.
fn count(characters: usize, limit: usize) -> AnyView {
    view! {
        <p class="count" data-limit=limit.to_string() data-over=(characters > limit).then_some("true")>
            {format!("{characters} of {limit} characters")}
        </p>
    }
    .into_any()
}

/// The text as the element's child. On the server it becomes markup: it is escaped here, because the framework does
/// not do it, and prefixed by a line break, because HTML drops the first one. In the browser it is a text node and
/// stays unchanged.
fn content(value: String) -> String {
    if cfg!(feature = "ssr") {
        format!("\n{}", value.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;"))
    } else {
        value
    }
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;

    #[test]
    fn text_cannot_leave_its_box() {
        let view = || view! { <TextArea path="a" label="A" value="</textarea><script>&" /> }.to_html();
        let html = Owner::new().with(view);
        assert!(html.contains("\n&lt;/textarea&gt;&lt;script&gt;&amp;</textarea>"), "{html}");
    }
}
