//! How many characters stand in a text area, while somebody types.
#![expect(missing_docs, reason = "the macro makes a public struct of the properties")]

use leptos::{ev, prelude::*, wasm_bindgen::JsCast as _, web_sys};

/// The count below a text area. Without scripting it would stand still, so it is not there.
#[island]
pub fn Count(
    /// The id of the text area.
    of: String,
    /// How many it may be.
    limit: usize,
) -> impl IntoView {
    let count = RwSignal::new(None::<usize>);
    let of = StoredValue::new(of);
    Effect::new(move |_| {
        let Some(area) = document().get_element_by_id(&of.get_value()) else { return };
        let Ok(area) = area.dyn_into::<web_sys::HtmlTextAreaElement>() else { return };
        count.set(Some(area.value().chars().count()));
        let _ = window_event_listener(ev::input, move |_| {
            let now = Some(area.value().chars().count());
            if count.get_untracked() != now {
                count.set(now);
            }
        });
    });
    let line = move || {
        count.get().map(|count| {
            view! {
                <p class="count" data-over=(count > limit).then_some("true")>
                    {count}" of "{limit}" characters"
                </p>
            }
        })
    };
    view! { {line} }
}
