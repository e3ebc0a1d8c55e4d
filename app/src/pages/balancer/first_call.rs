//! The line that waits for the first real request and turns green when it arrives.

use leptos::prelude::*;

use crate::{
    pages::balancer::load::BalancerDetail,
    ui::{Status, Tone},
};

pub(super) fn view(detail: &BalancerDetail) -> AnyView {
    // What the console sent itself, such as a smoke test, is none of a client's.
    let arrived = detail.calls.latest.iter().flatten().any(|it| it.api_key.is_some());
    let line = if arrived {
        view! { <Status tone=Tone::Good label="A client has called" /> }
    } else {
        view! { <Status tone=Tone::Plain label="Waiting for the first real request" /> }
    };
    let live = format!("calls:{}", detail.stored.id);
    view! {
        <p class="row first-call" role="status" id="first-call" data-live=live>
            {line}
        </p>
    }
    .into_any()
}
