//! The line that waits for the first real request and turns green when it arrives.

use leptos::prelude::*;

use super::overview::Live;
use crate::ui::{Status, Tone};

pub(super) fn view(live: Live) -> AnyView {
    // What the console sent itself, such as a smoke test, is none of a client's.
    let first = Memo::new(move |_| {
        let calls = live.calls.read();
        let of_clients = calls.latest.iter().flatten().filter(|it| it.api_key.is_some());
        of_clients.map(|it| it.id.clone()).next_back()
    });
    let arrived = Memo::new(move |_| first.read().is_some());
    let line = move || match arrived.get() {
        true => {
            let href = format!("/requests/{}", first.get_untracked().unwrap_or_default());
            view! {
                <Status tone=Tone::Good label="A client has called" />
                <a href=href>"See the call"</a>
            }
            .into_any()
        }
        false => view! { <Status tone=Tone::Plain label="Waiting for the first real request" /> }.into_any(),
    };
    view! { <p class="row first-call" role="status">{line}</p> }.into_any()
}
