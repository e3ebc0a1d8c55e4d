//! The balancer as REST shows it.

use leptos::prelude::*;

use crate::{pages::balancer::load::BalancerDetail, ui::CodeBlock};

pub(super) fn view(detail: &BalancerDetail) -> AnyView {
    let (id, code) = (detail.stored.id.to_string(), detail.json.clone());
    view! {
        <p class="lead">
            "What " <code>{format!("GET /api/v1/smart-balancers/{id}")}</code>
            " answers. Changed, it can be put back there."
        </p>
        <CodeBlock label="JSON" code />
    }
    .into_any()
}
