//! One radio button of a group that is spread over a page, such as one in each row.

use leptos::prelude::*;

use super::field_errors::name_of;

/// One radio button; those with the same `path` belong together.
#[component]
pub fn Radio(
    /// The field path that the whole group fills.
    #[prop(into)]
    path: String,
    /// Its id, unlike that of any other on the page.
    #[prop(into)]
    id: String,
    /// What it is called.
    #[prop(into)]
    label: String,
    /// What the form sends where it is chosen.
    #[prop(into)]
    value: String,
    /// Whether it is chosen.
    #[prop(optional)]
    checked: bool,
) -> impl IntoView {
    view! {
        <div class="tick">
            <input type="radio" id=id.clone() name=name_of(&path) value=value checked=checked autocomplete="off" />
            <label for=id>{label}</label>
        </div>
    }
}
