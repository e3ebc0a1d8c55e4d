//! The list of target groups.

pub mod form;

mod load;

use leptos::prelude::*;

use super::parts::{
    links::{button_link, used_by_list},
    loaded::loaded,
    member_table::{member_table, shares_text},
    notice::flash_notice,
};
use crate::web::page_params::PageParams;
use crate::{
    domain::{
        config::{instance::WorkloadKind, target_group::SelectionPolicy},
        timestamp::Timestamp,
    },
    pages::target_groups::load::{TargetGroupLine, TargetGroupList},
    ui::{ButtonKind, EmptyState, PageHead, Status, Tone},
    web::permissions::may_open,
};

/// The form of a new target group.
const ADD: &str = "/target-groups/new";

/// All target groups.
#[component]
pub fn TargetGroupsPage() -> impl IntoView {
    let params = PageParams::current();
    let data = load::list(params.clone());
    view! {
        <PageHead
            title="Target groups"
            lead="Named pools of instances. Several balancers may share one, and follow its changes."
        >
            {button_link(ADD, ButtonKind::Primary, "Add target group")}
        </PageHead>
        {loaded(data, draw)}
    }
}

fn draw(list: TargetGroupList) -> AnyView {
    let note = flash_notice(list.note);
    if list.groups.is_empty() {
        let words = if may_open(ADD) {
            "No target groups yet. Add one to share a pool between several balancers, or to manage capacity in one \
             place."
        } else {
            "No target groups yet. Editors and admins can create them."
        };
        return view! {
            {note}
            <EmptyState message=words>{button_link(ADD, ButtonKind::Primary, "Add target group")}</EmptyState>
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
    let id = line.id;
    let shown = if line.display_name.is_empty() { line.name.clone() } else { line.display_name };
    let shares = shares_text(&line.members);
    view! {
        <article class="panel" aria-labelledby=id.clone()>
            <header class="panel-head">
                <h2 id=id.clone()>
                    <a href=format!("/target-groups/{id}")>{shown}</a>
                </h2>
                <code>{line.name}</code>
                <span class="badge">{policy_label(line.selection_policy)}</span>
                {(line.workload_kind != WorkloadKind::Chat)
                    .then(|| view! { <span class="badge">{line.workload_kind.label()}</span> })}
                {(!line.enabled).then(|| view! { <Status tone=Tone::Off label="Disabled" /> })}
            </header>
            {(!line.description.is_empty()).then(|| view! { <p class="quiet">{line.description}</p> })}
            {member_table(line.members, now)}
            <p class="shares-said">"Traffic now: "{shares}</p>
            <div class="row">
                <span class="quiet">"Used by"</span>
                {used_by_list(line.used_by)}
            </div>
        </article>
    }
    .into_any()
}

/// The label of a policy.
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
