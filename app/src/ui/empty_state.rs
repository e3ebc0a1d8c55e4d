//! The content of an empty list: a sentence and possible actions.

use leptos::prelude::*;

/// The content of an empty list.
#[component]
pub fn EmptyState(
    /// The sentence.
    #[prop(into)]
    message: String,
    /// Buttons and links.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    view! {
        <div class="empty">
            <p>{message}</p>
            {children.map(|children| view! { <div class="actions">{children()}</div> })}
        </div>
    }
}
