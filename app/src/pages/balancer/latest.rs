//! The latest calls of a balancer.

use leptos::prelude::*;

use crate::{
    fragments::refused::refused,
    pages::{
        balancer::load::{BalancerDetail, RecentCalls},
        requests::table,
    },
};

/// Calls shown in the overview; the tab "Decisions" shows more.
const SHOWN: usize = 10;

pub(super) fn view(detail: &BalancerDetail) -> AnyView {
    let (id, instances) = (detail.stored.id.to_string(), detail.instances.clone());
    let live = format!("calls:{id}");
    let content = match detail.calls.clone() {
        RecentCalls { latest: Ok(calls), .. } if calls.is_empty() => {
            view! { <p class="quiet">"No calls yet. The sample call above makes the first one."</p> }
                .into_any()
        }
        RecentCalls { latest: Ok(mut calls), now, .. } => {
            calls.truncate(SHOWN);
            let href = format!("/requests?balancer={id}");
            view! {
                {table::view(&calls, None, &instances, now)}
                <p>
                    <a href=href>"All requests of this balancer"</a>
                </p>
            }
            .into_any()
        }
        RecentCalls { latest: Err(refusal), .. } => refused(&refusal),
    };
    view! {
        <section class="panel" id="latest" aria-labelledby="latest-title" data-live=live>
            <h2 id="latest-title">"Latest decisions"</h2>
            {content}
        </section>
    }
    .into_any()
}
