//! A line that waits for the first client call.

use leptos::prelude::*;

use crate::{
    pages::balancer::load::BalancerDetail,
    ui::{Status, Tone},
};

pub(super) fn view(detail: &BalancerDetail) -> AnyView {
    // Calls from the console, such as smoke tests, do not count.
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
