//! A state in one or two words, with a shape and a colour that agree with them.

use leptos::prelude::*;

use super::tone::{Tone, ToneMark};

/// A state in one or two words.
#[component]
pub fn Status(
    /// How it is going.
    tone: Tone,
    /// The words.
    #[prop(into)]
    label: String,
    /// More about it, shown on hover and read after the words.
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
