//! Several lines of text with a label, hint and errors.

use leptos::prelude::*;

use super::{
    field_errors::{FieldErrors, Words, id_of, name_of},
    field_notes::{FieldNotes, described_by},
};

/// Several lines of text. Use this and never a bare `<textarea>`: the framework does not escape what is in one.
#[component]
pub fn TextArea(
    /// Its field path; names the control and finds its errors.
    #[prop(into)]
    path: String,
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
    /// The most characters.
    #[prop(optional, into)]
    limit: Option<usize>,
    /// Its height in lines.
    #[prop(default = 3)]
    rows: usize,
    /// Whether it holds code: fixed-width, not spell-checked.
    #[prop(optional)]
    code: bool,
    /// What stands in it while it is empty.
    #[prop(optional, into)]
    placeholder: String,
    /// Whether the server refuses it empty.
    #[prop(optional)]
    required: bool,
    /// Whether the characters are counted while somebody types; for fields with a limit.
    #[prop(optional)]
    counted: bool,
) -> impl IntoView {
    let (id, name) = (id_of(&path), name_of(&path));
    let (errors, warnings) = (Words::at(errors, &path), Words::at(warnings, &path));
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
                    move || errors.mark()
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

/// How many characters there are, right below the text area: the browser counts on from there.
fn count(characters: usize, limit: usize) -> AnyView {
    view! {
        <p class="count" data-limit=limit.to_string() data-over=(characters > limit).then_some("true")>
            {format!("{characters} of {limit} characters")}
        </p>
    }
    .into_any()
}

/// The text as the element's child. On the server it is markup: escaped here, because the framework does not, and
/// behind the one line break that HTML drops at the start. In the browser it is a text node and stays as it is.
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
