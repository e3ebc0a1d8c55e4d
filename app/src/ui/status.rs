//! A state in one or two words, with a matching shape and color.

use leptos::prelude::*;

use super::tone::{Tone, ToneMark};

/// A state in one or two words.
#[component]
pub fn Status(
    /// Tone of the state.
    tone: Tone,
    /// The state.
    #[prop(into)]
    label: String,
    /// Details, shown on hover and read after the state.
    #[prop(optional, into)]
    more: String,
) -> impl IntoView {
    let more = (!more.is_empty()).then_some(more);
    let spoken = more.clone().map(|more| view! { <span class="unseen">" ("{more}")"</span> });
    view! {
        <span class="status" data-tone=tone.as_str() title=more>
            <ToneMark tone />
            {label}
            {spoken}
        </span>
    }
}
