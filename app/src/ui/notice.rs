//! A sentence or two about what happened or what to know.

use leptos::prelude::*;

use super::tone::{Tone, ToneMark};

/// What happened or what to know.
#[component]
pub fn Notice(
    /// How it is going. `Bad` is announced at once.
    #[prop(optional)]
    tone: Tone,
    /// The words, and links or buttons.
    children: Children,
) -> impl IntoView {
    let role = if tone == Tone::Bad { "alert" } else { "status" };
    view! {
        <div class="notice" data-tone=tone.as_str() role=role>
            <ToneMark tone />
            <div class="notice-body">{children()}</div>
        </div>
    }
}
