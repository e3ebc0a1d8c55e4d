//! Something that is opened when it is wanted, without scripting too.

use leptos::prelude::*;

/// A summary line that opens what is below it.
#[component]
pub fn Disclosure(
    /// The line that is always shown.
    #[prop(into)]
    summary: String,
    /// Its id, for links that lead here.
    #[prop(optional, into)]
    id: Option<String>,
    /// Whether it starts open.
    #[prop(optional)]
    open: bool,
    /// Whether it holds something that destroys.
    #[prop(optional)]
    danger: bool,
    /// What is opened.
    children: Children,
) -> impl IntoView {
    view! {
        <details class="disclosure" class:danger=danger id=id open=open>
            <summary>{summary}</summary>
            <div class="disclosure-body">{children()}</div>
        </details>
    }
}
