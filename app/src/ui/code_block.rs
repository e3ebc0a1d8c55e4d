//! Text to be copied, as it is.

use leptos::prelude::*;

/// Text to be copied.
#[component]
pub fn CodeBlock(
    /// What the text is.
    #[prop(into)]
    label: String,
    /// The text.
    #[prop(into)]
    code: String,
) -> impl IntoView {
    view! {
        <figure class="code-block">
            <figcaption>
                <span>{label.clone()}</span>
                <span class="copied" role="status"></span>
                // Only scripting copies; without it the text is selected by hand.
                <button type="button" class="button copy" data-kind="quiet" data-copy="true">
                    "Copy"
                </button>
            </figcaption>
            <pre tabindex="0" role="group" aria-label=label><code>{code}</code></pre>
        </figure>
    }
}
