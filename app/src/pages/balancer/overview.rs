//! The first tab: the sample call, the smoke test, where the routes go now, and how to delete it.

use leptos::prelude::*;

use super::{first_call, latest, routes::lane, sample, smoke, traffic};
use crate::{
    api::{
        balancers::{BalancerDetail, RecentCalls, RouteHealth, read_recent_calls, read_route_health},
        refusal::Reply,
        sheet::SavedFacts,
    },
    domain::{feed::FeedEvent, ids::ObjectKind, traffic::Traffic},
    pages::{feed::live, removal::removal, visit::Visit},
    ui::{Notice, Tone},
};

/// What goes on while somebody looks at a balancer.
#[derive(Clone, Copy)]
pub(super) struct Live {
    /// Where its routes go.
    pub(super) health: RwSignal<RouteHealth>,
    /// Its calls.
    pub(super) calls: RwSignal<RecentCalls>,
}

impl Live {
    /// As the page brought it, and from then on as the feed tells.
    pub(super) fn new(detail: &BalancerDetail) -> Self {
        let id = detail.stored.id.to_string();
        let (mine, read) = (id.clone(), id.clone());
        Self {
            health: live(
                detail.health.clone(),
                |event| matches!(event, FeedEvent::Anew | FeedEvent::Health | FeedEvent::Configuration),
                move || read_route_health(id.clone()),
            ),
            calls: live(
                detail.calls.clone(),
                move |event| event.has_calls_of(&mine),
                move || read_recent_calls(read.clone()),
            ),
        }
    }

    /// The traffic of the last hour; tracked.
    fn traffic(self) -> Memo<Reply<Traffic>> {
        Memo::new(move |_| self.calls.read().traffic.clone())
    }
}

pub(super) fn view(detail: &BalancerDetail, live: Live, visit: Visit) -> AnyView {
    let warnings = detail.warnings.iter().map(|it| it.message.clone()).collect::<Vec<_>>();
    let warnings = warnings.into_iter().map(|words| view! { <li>{words}</li> }).collect_view();
    let lanes =
        (0..detail.stored.spec.routes.len()).map(|place| lane(detail, place, live.health)).collect_view();
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
        {first_call::view(live)}
        {smoke::view(detail, visit)}
        <section class="panel" aria-labelledby="routes-title">
            <h2 id="routes-title">"Routes"</h2>
            <ul class="lanes">{lanes}</ul>
        </section>
        {traffic::view(live.traffic())}
        {latest::view(detail, live)}
        {(!detail.warnings.is_empty())
            .then(|| {
                view! {
                    <Notice tone=Tone::Warn>
                        <h2>"Worth a look"</h2>
                        <ul>{warnings}</ul>
                    </Notice>
                }
            })}
        {detail.may_edit.then(|| removal(visit, ObjectKind::SmartBalancer, &confirm, facts))}
    }
    .into_any()
}
