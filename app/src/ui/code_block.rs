//! Code with a copy button.

use leptos::prelude::*;

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
                <span class="copied" role="status"></span>
                // Shown only with scripting, which does the copying; otherwise users select the text themselves.
                <button type="button" class="button copy" data-kind="quiet" data-copy="true">
                    "Copy"
                </button>
            </figcaption>
            <pre tabindex="0" role="group" aria-label=label><code>{code}</code></pre>
        </figure>
    }
}
