//! What a list shows while there is nothing in it: one sentence, and what to do.

use leptos::prelude::*;

/// One sentence, and what to do.
#[component]
pub fn EmptyState(
    /// The sentence.
    #[prop(into)]
    words: String,
    /// Buttons and links.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    view! {
        <div class="empty">
            <p>{words}</p>
            {children.map(|children| view! { <div class="actions">{children()}</div> })}
        </div>
    }
}
