//! The tab "Overview": sample call, smoke test, destinations of the routes, and deletion.

use leptos::{prelude::*, server_fn::ServerFn as _};

use super::{first_call, latest, recipes, routes::route_summary, sample, smoke, traffic};
use crate::{
    actions::smoke_test::SmokeTest,
    domain::ids::ObjectKind,
    pages::{
        balancer::load::BalancerDetail,
        parts::{form_page::SavedFacts, removal::removal},
    },
    ui::{Notice, Tone},
    web::{page_params::PageParams, permissions::may_send},
};

pub(super) fn view(detail: &BalancerDetail, params: &PageParams) -> AnyView {
    let warnings = detail.warnings.iter().map(|it| it.message.clone()).collect::<Vec<_>>();
    let warnings = warnings.into_iter().map(|words| view! { <li>{words}</li> }).collect_view();
    let lanes = (0..detail.stored.spec.routes.len()).map(|place| route_summary(detail, place)).collect_view();
    let stored = &detail.stored;
    let facts = SavedFacts::of(stored, &stored.spec.name, Vec::new());
    let confirm = params.query("confirm").unwrap_or_default();
    view! {
        {sample::view(detail, params)}
        {recipes::view(detail)}
        {first_call::view(detail)}
        {may_send(SmokeTest::url()).then(|| smoke::view(detail))}
        <section class="panel" aria-labelledby="routes-title">
            <h2 id="routes-title">"Routes"</h2>
            <ul class="lanes" id="lanes" data-live="health configuration">{lanes}</ul>
        </section>
        {traffic::view(detail)}
        {latest::view(detail)}
        {(!detail.warnings.is_empty())
            .then(|| {
                view! {
                    <Notice tone=Tone::Warn>
                        <h2>"Warnings"</h2>
                        <ul>{warnings}</ul>
                    </Notice>
                }
            })}
        {removal(ObjectKind::SmartBalancer, &confirm, facts)}
    }
    .into_any()
}
