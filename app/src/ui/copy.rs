//! A button that copies the text of the surrounding figure.

use leptos::{prelude::*, task::spawn_local, wasm_bindgen::JsCast as _, web_sys};
use wasm_bindgen_futures::JsFuture;

/// The copy button of a [`super::CodeBlock`]. Shown only with scripting; without it, users select the text
/// themselves.
#[island]
pub fn Copy() -> impl IntoView {
    let is_hydrated = RwSignal::new(false);
    let status = RwSignal::new("");
    Effect::new(move |_| is_hydrated.set(true));
    let copy = move |ev: web_sys::MouseEvent| {
        let Some(code) = code(&ev) else { return };
        // The clipboard API requires a secure context. Otherwise select the text, ready for the copy shortcut.
        if !window().is_secure_context() {
            select(&code);
            status.set("Selected: press Ctrl+C or ⌘C");
            return;
        }
        let written = window().navigator().clipboard().write_text(&code.text_content().unwrap_or_default());
        spawn_local(async move {
            if JsFuture::from(written).await.is_ok() {
                status.set("Copied");
            } else {
                select(&code);
                status.set("Selected: press Ctrl+C or ⌘C");
            }
        });
    };
    view! {
        <span class="copied" role="status">
            {status}
        </span>
        <Show when=move || is_hydrated.get()>
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
        // On failure nothing is selected, as before.
        let _ = selection.select_all_children(code);
    }
}
