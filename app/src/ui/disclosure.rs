//! A section that users can open and close, also without scripting.

use leptos::prelude::*;

/// A summary line that opens the content below it.
#[component]
pub fn Disclosure(
    /// The line that is always visible.
    #[prop(into)]
    summary: String,
    /// Id of the element, for links to it.
    #[prop(optional, into)]
    id: Option<String>,
    /// Whether it is initially open.
    #[prop(optional)]
    open: bool,
    /// Whether it contains a destructive action.
    #[prop(optional)]
    danger: bool,
    /// Content of the section.
    children: Children,
) -> impl IntoView {
    view! {
        <details class="disclosure" class:danger=danger id=id open=open>
            <summary>{summary}</summary>
            <div class="disclosure-body">{children()}</div>
        </details>
    }
}
