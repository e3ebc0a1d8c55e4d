//! What the draft is so far, beside the step on wide screens.

use leptos::prelude::*;

use super::destination_choices::named;
use crate::pages::wizard::load::WizardPage;

pub(super) fn view(page: &WizardPage) -> AnyView {
    let fields = &page.fields;
    let text = |field: &Option<String>| {
        field.clone().filter(|it| !it.is_empty()).unwrap_or_else(|| "not set yet".to_owned())
    };
    let ordered = fields.routing_mode.as_deref() == Some("ordered");
    let kind = match fields.workload_kind.as_deref() {
        Some("embeddings") => "Embeddings",
        _ => "Chat",
    };
    let mode = match (ordered, fields.ordered_strategy.as_deref()) {
        (false, _) => "Intent classifier",
        (true, Some("weighted")) => "Ordered, weighted",
        (true, _) => "Ordered, failover",
    };
    let router = fields.router_model.clone().unwrap_or_default().value;
    let router = (!ordered).then(|| named(&page.options, &router));
    let default = fields.default_route.as_deref().and_then(|it| it.parse::<usize>().ok());
    let routes = fields
        .routes
        .iter()
        .enumerate()
        .map(|(place, route)| {
            let name =
                if route.name.is_empty() { format!("Route {}", place + 1) } else { route.name.clone() };
            let mark = if default == Some(place) { " (default)" } else { "" };
            let target = named(&page.options, &route.destination.value);
            view! { <li><strong>{name}</strong>{mark}" → "{target}</li> }
        })
        .collect_view();
    view! {
        <aside class="wizard-summary" aria-label="Summary">
            <h2>"So far"</h2>
            <dl>
                <dt>"Name"</dt>
                <dd>{text(&fields.name)}</dd>
                <dt>"Serving name"</dt>
                <dd><code>{text(&fields.serving_name)}</code></dd>
                <dt>"Workload kind"</dt>
                <dd>{kind}</dd>
                <dt>"Routing mode"</dt>
                <dd>{mode}</dd>
                {router.map(|name| view! { <dt>"Router model"</dt><dd>{name}</dd> })}
                <dt>"Routes"</dt>
                <dd><ul class="plain">{routes}</ul></dd>
            </dl>
        </aside>
    }
    .into_any()
}
