//! The settings of a target group, read-only.

use leptos::prelude::*;

use super::policy_words;
use crate::{
    domain::config::target_group::TargetGroup,
    pages::target_groups::{load::InstanceChoice, policy_label},
    ui::Table,
};

pub(super) fn view(group: &TargetGroup, instances: &[InstanceChoice]) -> AnyView {
    let none_if_empty = |text: &str| if text.is_empty() { "None".to_owned() } else { text.to_owned() };
    let (name, policy) = (group.name.clone(), group.selection_policy);
    let display_name = none_if_empty(&group.display_name);
    let description = none_if_empty(&group.description);
    let kind = group.workload_kind.label();
    let rows = group
        .members
        .iter()
        .map(|member| {
            let id = member.instance_id.to_string();
            let name =
                instances.iter().find(|it| it.id == id).map_or_else(|| id.clone(), |it| it.name.clone());
            view! {
                <tr>
                    <th scope="row">
                        <a href=format!("/instances/{id}")>{name}</a>
                    </th>
                    <td class="figure">{member.weight.to_string()}</td>
                    <td class="figure">{member.priority.to_string()}</td>
                    <td>{yes_or_no(member.enabled)}</td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <section class="panel" aria-labelledby="facts">
            <h2 id="facts">"Settings"</h2>
            <dl class="facts">
                <dt>"Name"</dt>
                <dd>
                    <code>{name}</code>
                </dd>
                <dt>"Display name"</dt>
                <dd>{display_name}</dd>
                <dt>"Description"</dt>
                <dd>{description}</dd>
                <dt>"Workload kind"</dt>
                <dd>{kind}</dd>
                <dt>"Selection policy"</dt>
                <dd>{policy_label(policy)}": "{policy_words(policy)}</dd>
                <dt>"Enabled"</dt>
                <dd>{yes_or_no(group.enabled)}</dd>
            </dl>
            <h3>"Members"</h3>
            <Table caption="Members" heads=vec!["Instance", "Weight", "Priority", "Enabled"]>
                {rows}
            </Table>
        </section>
    }
    .into_any()
}

fn yes_or_no(yes: bool) -> &'static str {
    if yes { "Yes" } else { "No" }
}
