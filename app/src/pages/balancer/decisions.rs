//! The tab "Decisions": the latest calls of a balancer, updated live, and a link to all of them.

mod threshold;

use leptos::prelude::*;

use crate::{
    fragments::refused::refused,
    pages::{
        balancer::load::{BalancerDetail, RecentCalls},
        requests::table,
    },
    ui::{ButtonLink, EmptyState},
};

pub(super) fn view(detail: &BalancerDetail) -> AnyView {
    let (id, instances) = (detail.stored.id.to_string(), detail.instances.clone());
    let all = format!("/requests?balancer={id}");
    let live = format!("calls:{id}");
    let content = match detail.calls.clone() {
        RecentCalls { latest: Ok(calls), .. } if calls.is_empty() => {
            let href = format!("/balancers/{id}#sample");
            view! {
                <EmptyState message="No calls yet. The sample call makes the first one.">
                    <ButtonLink href>"See the sample call"</ButtonLink>
                </EmptyState>
            }
            .into_any()
        }
        RecentCalls { latest: Ok(calls), now, .. } => table::view(&calls, None, &instances, now),
        RecentCalls { latest: Err(refusal), .. } => refused(&refusal),
    };
    let threshold = threshold::view(detail);
    view! {
        <p class="lead">"The route of each call and its reason. Open a call to see its plan and all attempts."</p>
        <div id="decisions" data-live=live>
            {content}
        </div>
        <p>
            <a href=all>"All requests of this balancer"</a>
        </p>
        {threshold}
    }
    .into_any()
}
