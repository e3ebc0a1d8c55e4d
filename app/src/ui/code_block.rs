//! Text to be copied, as it is.

use leptos::prelude::*;

use super::copy::Copy;

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
                <Copy />
            </figcaption>
            <pre tabindex="0" role="group" aria-label=label><code>{code}</code></pre>
        </figure>
    }
}
