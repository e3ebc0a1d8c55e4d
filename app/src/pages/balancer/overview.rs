//! The first tab: the sample call, the smoke test, where the routes go now, and how to delete it.

use leptos::{prelude::*, server_fn::ServerFn as _};

use super::{first_call, latest, routes::lane, sample, smoke, traffic};
use crate::{
    api::{
        balancers::{BalancerDetail, SmokeTest},
        sheet::SavedFacts,
    },
    domain::ids::ObjectKind,
    pages::{removal::removal, visit::PageLoader},
    ui::{Notice, Tone},
    web::permissions::may_send,
};

pub(super) fn view(detail: &BalancerDetail, visit: PageLoader) -> AnyView {
    let warnings = detail.warnings.iter().map(|it| it.message.clone()).collect::<Vec<_>>();
    let warnings = warnings.into_iter().map(|words| view! { <li>{words}</li> }).collect_view();
    let lanes = (0..detail.stored.spec.routes.len()).map(|place| lane(detail, place)).collect_view();
    let stored = &detail.stored;
    let facts = SavedFacts {
        id: stored.id.to_string(),
        name: stored.spec.name.clone(),
        revision: stored.revision,
        stale: false,
        updated_at: stored.updated_at,
        used_by: Vec::new(),
    };
    let confirm = visit.sight().query("confirm").unwrap_or_default();
    view! {
        {sample::view(detail, visit)}
        {first_call::view(detail)}
        {may_send(SmokeTest::url()).then(|| smoke::view(detail, visit))}
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
                        <h2>"Worth a look"</h2>
                        <ul>{warnings}</ul>
                    </Notice>
                }
            })}
        {removal(visit, ObjectKind::SmartBalancer, &confirm, facts)}
    }
    .into_any()
}
