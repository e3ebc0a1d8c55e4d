//! Text to be copied, as it is.

use leptos::{html, prelude::*, task::spawn_local, web_sys};
use wasm_bindgen_futures::JsFuture;

/// Text to be copied. The button is there with scripting only; without, the text is selected by hand.
#[component]
pub fn CodeBlock(
    /// What the text is.
    #[prop(into)]
    label: String,
    /// The text.
    #[prop(into)]
    code: String,
) -> impl IntoView {
    let element = NodeRef::<html::Code>::new();
    let awake = RwSignal::new(false);
    let said = RwSignal::new("");
    Effect::new(move |_| awake.set(true));
    let text = StoredValue::new(code.clone());
    let copy = move |_| {
        // Browsers give the clipboard to secure pages only; elsewhere the text is selected, ready for the keyboard.
        if !window().is_secure_context() {
            select(element);
            said.set("Selected: press Ctrl+C or ⌘C");
            return;
        }
        let written = window().navigator().clipboard().write_text(&text.get_value());
        spawn_local(async move {
            if JsFuture::from(written).await.is_ok() {
                said.set("Copied");
            } else {
                select(element);
                said.set("Selected: press Ctrl+C or ⌘C");
            }
        });
    };
    view! {
        <figure class="code-block">
            <figcaption>
                <span>{label.clone()}</span>
                <span class="copied" role="status">{said}</span>
                <Show when=move || awake.get()>
                    <button type="button" class="button" data-kind="quiet" on:click=copy>
                        "Copy"
                    </button>
                </Show>
            </figcaption>
            <pre tabindex="0" role="group" aria-label=label><code node_ref=element>{code}</code></pre>
        </figure>
    }
}

fn select(element: NodeRef<html::Code>) {
    let Some(element) = element.get_untracked() else { return };
    let node: &web_sys::Node = element.as_ref();
    if let Ok(Some(selection)) = window().get_selection() {
        // Where it fails nothing is selected, which is what was there before.
        let _ = selection.select_all_children(node);
    }
}
