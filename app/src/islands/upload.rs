//! Reads a file into a text area, where it can be looked over before it is sent.
#![expect(unreachable_pub, reason = "the macro exports each island under a public name")]

use leptos::{prelude::*, task::spawn_local, wasm_bindgen::JsCast as _, web_sys};
use wasm_bindgen_futures::JsFuture;

/// A choice of a file whose text goes into the text area `into`. Without scripting a file cannot be read there, so there
/// is nothing to choose one with.
#[island]
pub(crate) fn Upload(
    /// The id of the text area.
    into: String,
    /// What the browser offers, as in the attribute `accept`.
    accept: String,
) -> impl IntoView {
    let awake = RwSignal::new(false);
    Effect::new(move |_| awake.set(true));
    let into = StoredValue::new(into);
    let accept = StoredValue::new(accept);
    let chosen = move |ev: web_sys::Event| {
        let input: web_sys::HtmlInputElement = event_target(&ev);
        let Some(file) = input.files().and_then(|files| files.get(0)) else { return };
        spawn_local(async move {
            let text = JsFuture::from(file.text()).await.ok().and_then(|text| text.as_string());
            let field = document().get_element_by_id(&into.get_value());
            if let (Some(text), Some(field)) =
                (text, field.and_then(|it| it.dyn_into::<web_sys::HtmlTextAreaElement>().ok()))
            {
                field.set_value(&text);
            }
        });
    };
    view! {
        <Show when=move || awake.get()>
            <div class="field">
                <label for="prompts-file">"Take them from a file"</label>
                <input id="prompts-file" type="file" accept=accept.get_value() on:change=chosen />
            </div>
        </Show>
    }
}
