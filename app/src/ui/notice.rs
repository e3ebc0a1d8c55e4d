//! Notices: a sentence or two about an event or a fact.

use leptos::prelude::*;

use super::tone::{Tone, ToneMark};

/// A notice.
#[component]
pub fn Notice(
    /// Tone of the notice. `Bad` is announced at once.
    #[prop(optional)]
    tone: Tone,
    /// Text, links and buttons.
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
