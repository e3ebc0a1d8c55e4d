//! Code with a copy button.

use leptos::prelude::*;

use super::copy::Copy;

/// Code with a copy button.
#[component]
pub fn CodeBlock(
    /// Caption of the code.
    #[prop(into)]
    label: String,
    /// The code.
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
