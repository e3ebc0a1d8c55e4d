//! Reads a file into a text area, where it can be looked over before it is sent.
#![expect(unreachable_pub, reason = "the macro exports each island under a public name")]

use leptos::{ev, prelude::*, task::spawn_local, wasm_bindgen::JsCast as _, web_sys};
use wasm_bindgen_futures::JsFuture;

/// The control that chooses the file.
const INPUT: &str = "prompts-file";

/// A choice of a file whose text goes into the text area `into`. Without scripting a file cannot be read there, so the style
/// sheet shows it with scripting only.
#[island]
pub(crate) fn Upload(
    /// The id of the text area.
    into: String,
    /// What the browser offers, as in the attribute `accept`.
    accept: String,
) -> impl IntoView {
    Effect::new(move |_| {
        let into = into.clone();
        let _ = window_event_listener(ev::change, move |event| {
            let input = event.target().and_then(|it| it.dyn_into::<web_sys::HtmlInputElement>().ok());
            let file = input.filter(|it| it.id() == INPUT).and_then(|it| it.files()?.get(0));
            if let Some(file) = file {
                spawn_local(read(file, into.clone()));
            }
        });
    });
    view! {
        <div class="field scripted">
            <label for=INPUT>"Take them from a file"</label>
            <input id=INPUT type="file" accept=accept />
        </div>
    }
}

async fn read(file: web_sys::File, into: String) {
    let text = JsFuture::from(file.text()).await.ok().and_then(|text| text.as_string());
    let field = document().get_element_by_id(&into);
    if let (Some(text), Some(field)) =
        (text, field.and_then(|it| it.dyn_into::<web_sys::HtmlTextAreaElement>().ok()))
    {
        field.set_value(&text);
    }
}
