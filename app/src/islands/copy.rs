//! Copying: a button with `data-copy` copies the text of the figure that it stands in.

use leptos::{ev, prelude::*, task::spawn_local, wasm_bindgen::JsCast as _, web_sys};
use wasm_bindgen_futures::JsFuture;

const COPIED: &str = "Copied";
const SELECTED: &str = "Selected: press Ctrl+C or ⌘C";

/// Listens to all of the page.
pub(super) fn listen() {
    let _ = window_event_listener(ev::click, |click| {
        let button = click.target().and_then(|it| it.dyn_into::<web_sys::Element>().ok());
        let button = button.and_then(|it| it.closest("[data-copy]").ok().flatten());
        if let Some(figure) = button.and_then(|it| it.closest("figure").ok().flatten()) {
            copy(&figure);
        }
    });
}

fn copy(figure: &web_sys::Element) {
    let part = |selector: &str| figure.query_selector(selector).ok().flatten();
    let (Some(code), Some(status)) = (part("code"), part("[role=status]")) else { return };
    // Browsers give the clipboard to secure pages only; elsewhere the text is selected, ready for the keyboard.
    if !window().is_secure_context() {
        select(&code);
        status.set_text_content(Some(SELECTED));
        return;
    }
    let written = window().navigator().clipboard().write_text(&code.text_content().unwrap_or_default());
    spawn_local(async move {
        if JsFuture::from(written).await.is_ok() {
            status.set_text_content(Some(COPIED));
        } else {
            select(&code);
            status.set_text_content(Some(SELECTED));
        }
    });
}

fn select(code: &web_sys::Element) {
    if let Ok(Some(selection)) = window().get_selection() {
        // If it fails nothing is selected, which is what was there before.
        let _ = selection.select_all_children(code);
    }
}
