//! The calls that this balancer decided last.

use leptos::prelude::*;

use crate::{
    api::balancers::BalancerDetail,
    pages::{loaded::refused, requests::table},
};

pub(super) fn view(detail: &BalancerDetail) -> AnyView {
    let content = match &detail.latest {
        Ok(calls) if calls.is_empty() => {
            view! { <p class="quiet">"No calls yet. The sample call above makes the first one."</p> }
                .into_any()
        }
        Ok(calls) => {
            let href = format!("/requests?balancer={}", detail.stored.id);
            view! {
                {table::view(calls, None, &detail.instances, detail.now)}
                <p>
                    <a href=href>"All requests of this balancer"</a>
                </p>
            }
            .into_any()
        }
        Err(refusal) => refused(refusal),
    };
    view! {
        <section class="panel" aria-labelledby="latest-title">
            <h2 id="latest-title">"Latest decisions"</h2>
            {content}
        </section>
    }
    .into_any()
}
