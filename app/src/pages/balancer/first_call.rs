//! The line that waits for the first real request and turns green when it arrives.

use leptos::prelude::*;

use super::overview::Live;
use crate::ui::{Status, Tone};

pub(super) fn view(live: Live) -> AnyView {
    // What the console sent itself, such as a smoke test, is none of a client's.
    let arrived =
        Memo::new(move |_| live.calls.read().latest.iter().flatten().any(|it| it.api_key.is_some()));
    let line = move || match arrived.get() {
        true => view! { <Status tone=Tone::Good label="A client has called" /> },
        false => view! { <Status tone=Tone::Plain label="Waiting for the first real request" /> },
    };
    view! { <p class="row first-call" role="status">{line}</p> }.into_any()
}
