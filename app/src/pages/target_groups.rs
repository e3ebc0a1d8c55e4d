//! All target groups: their members, who gets the traffic now, what uses them.

use leptos::prelude::*;

use super::{
    links::used_by_list,
    loaded::loaded,
    noted::noted,
    seats::{self, words},
    visit::Visit,
};
use crate::{
    api::target_groups::{TargetGroupLine, TargetGroupList, read_target_groups},
    domain::{instance::WorkloadKind, target_group::SelectionPolicy, timestamp::Timestamp},
    ui::{ButtonKind, ButtonLink, EmptyState, PageHead, Status, Tone},
};

/// All target groups.
#[component]
pub fn TargetGroupsPage() -> impl IntoView {
    let visit = Visit::new();
    let data = Resource::new(move || visit.sight(), |sight| read_target_groups(sight.look()));
    view! {
        <PageHead
            title="Target groups"
            lead="Named pools of instances. Several balancers may share one, and follow its changes."
        >
            <ButtonLink href="/target-groups/new" kind=ButtonKind::Primary>
                "Add target group"
            </ButtonLink>
        </PageHead>
        {loaded(data, draw)}
    }
}

fn draw(list: TargetGroupList) -> AnyView {
    let note = noted(list.note);
    if list.groups.is_empty() {
        return view! {
            {note}
            <EmptyState words="There is no target group yet. Make one when several balancers should share a pool, or to take capacity in and out in one place.">
                <ButtonLink href="/target-groups/new" kind=ButtonKind::Primary>
                    "Add target group"
                </ButtonLink>
            </EmptyState>
        }
        .into_any();
    }
    let groups = list.groups.into_iter().map(|line| group(line, list.now)).collect_view();
    view! {
        {note}
        <div class="board">{groups}</div>
    }
    .into_any()
}

fn group(line: TargetGroupLine, now: Timestamp) -> AnyView {
    let (id, spec) = (line.stored.id.to_string(), line.stored.spec);
    let shown = if spec.display_name.is_empty() { spec.name.clone() } else { spec.display_name };
    let said = words(&line.seats);
    view! {
        <article class="panel" aria-labelledby=id.clone()>
            <header class="panel-head">
                <h2 id=id.clone()>
                    <a href=format!("/target-groups/{id}")>{shown}</a>
                </h2>
                <code>{spec.name}</code>
                <span class="badge">{policy_label(spec.selection_policy)}</span>
                {(spec.workload_kind == WorkloadKind::Embeddings)
                    .then(|| view! { <span class="badge">"Embeddings"</span> })}
                {(!spec.enabled).then(|| view! { <Status tone=Tone::Off label="Disabled" /> })}
            </header>
            {(!spec.description.is_empty()).then(|| view! { <p class="quiet">{spec.description}</p> })}
            {seats::seats(line.seats, now)}
            <p class="shares-said">"Traffic now: "{said}</p>
            <div class="row">
                <span class="quiet">"Used by"</span>
                {used_by_list(line.used_by)}
            </div>
        </article>
    }
    .into_any()
}

/// What people call a policy.
pub(crate) fn policy_label(policy: SelectionPolicy) -> &'static str {
    match policy {
        SelectionPolicy::WeightedRoundRobin => "Weighted round robin",
        SelectionPolicy::WeightedRandom => "Weighted random",
        SelectionPolicy::LeastInFlight => "Least in flight",
        SelectionPolicy::LowestLatency => "Lowest latency",
        SelectionPolicy::Priority => "Priority",
        SelectionPolicy::SessionHash => "Session hash",
    }
}
