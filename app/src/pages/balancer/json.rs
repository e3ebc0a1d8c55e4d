//! The tab "JSON": a balancer in its REST form.

use leptos::prelude::*;

use crate::{pages::balancer::load::BalancerDetail, ui::CodeBlock};

pub(super) fn view(detail: &BalancerDetail) -> AnyView {
    let (id, code) = (detail.stored.id.to_string(), detail.json.clone());
    view! {
        <p class="lead">
            "The response of " <code>{format!("GET /api/v1/smart-balancers/{id}")}</code>
            ". You can edit it and send it back with PUT."
        </p>
        <CodeBlock label="JSON" code />
    }
    .into_any()
}
