//! Radio buttons of a group that is spread over a page, such as one in each row.

use leptos::prelude::*;

use super::field_errors::name_of;

/// A radio button; buttons with the same `path` form a group.
#[component]
pub fn Radio(
    /// Field path of the group.
    #[prop(into)]
    path: String,
    /// Unique id of the button.
    #[prop(into)]
    id: String,
    /// Label.
    #[prop(into)]
    label: String,
    /// Value sent if selected.
    #[prop(into)]
    value: String,
    /// Whether it is selected.
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
