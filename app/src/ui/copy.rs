//! Copies the text of the figure that it stands in.

use leptos::{prelude::*, task::spawn_local, wasm_bindgen::JsCast as _, web_sys};
use wasm_bindgen_futures::JsFuture;

/// The button of a [`super::CodeBlock`]. It is there with scripting only; without, the text is selected by hand.
#[island]
pub fn Copy() -> impl IntoView {
    let awake = RwSignal::new(false);
    let said = RwSignal::new("");
    Effect::new(move |_| awake.set(true));
    let copy = move |ev: web_sys::MouseEvent| {
        let Some(code) = code(&ev) else { return };
        // Browsers give the clipboard to secure pages only; elsewhere the text is selected, ready for the keyboard.
        if !window().is_secure_context() {
            select(&code);
            said.set("Selected: press Ctrl+C or ⌘C");
            return;
        }
        let written = window().navigator().clipboard().write_text(&code.text_content().unwrap_or_default());
        spawn_local(async move {
            if JsFuture::from(written).await.is_ok() {
                said.set("Copied");
            } else {
                select(&code);
                said.set("Selected: press Ctrl+C or ⌘C");
            }
        });
    };
    view! {
        <span class="copied" role="status">
            {said}
        </span>
        <Show when=move || awake.get()>
            <button type="button" class="button" data-kind="quiet" on:click=copy>
                "Copy"
            </button>
        </Show>
    }
}

fn code(ev: &web_sys::MouseEvent) -> Option<web_sys::Element> {
    let button = ev.target()?.dyn_into::<web_sys::Element>().ok()?;
    button.closest("figure").ok()??.query_selector("code").ok()?
}

fn select(code: &web_sys::Element) {
    if let Ok(Some(selection)) = window().get_selection() {
        // Where it fails nothing is selected, which is what was there before.
        let _ = selection.select_all_children(code);
    }
}
