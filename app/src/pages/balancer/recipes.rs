//! "Connect a client": recipes for well-known clients, below the sample call.

use leptos::prelude::*;

use crate::{
    domain::{config::instance::WorkloadKind, console::recipes},
    pages::balancer::load::BalancerDetail,
    ui::{CodeBlock, Disclosure},
};

pub(super) fn view(detail: &BalancerDetail) -> Option<AnyView> {
    let spec = &detail.stored.spec;
    if spec.workload_kind != WorkloadKind::Chat {
        return None;
    }
    let recipes = recipes::recipes(&spec.serving_name, &detail.site)
        .into_iter()
        .map(|it| {
            view! {
                <Disclosure summary=it.title>
                    <CodeBlock label=it.language code=it.text />
                </Disclosure>
            }
        })
        .collect_view();
    Some(
        view! {
            <section class="panel" aria-labelledby="clients">
                <h2 id="clients">"Connect a client"</h2>
                {recipes}
            </section>
        }
        .into_any(),
    )
}
