//! The list of instances.

pub mod form;

mod load;

use crate::web::form::post_form::post_form;
use leptos::{prelude::*, server_fn::ServerFn};

use super::parts::{
    links::{button_link, used_by_list},
    loaded::loaded,
    member_table::{demo_mark, health},
    notice::flash_notice,
};
use crate::web::page_params::PageParams;
use crate::{
    actions::instances::TestInstance,
    domain::{config::instance::WorkloadKind, timestamp::Timestamp},
    pages::instances::load::{InstanceLine, InstanceList},
    ui::{Button, ButtonKind, EmptyState, PageHead, Table},
    web::permissions::{may_open, may_send},
};

/// The form of a new instance.
const ADD: &str = "/instances/new";

/// All instances.
#[component]
pub fn InstancesPage() -> impl IntoView {
    let params = PageParams::current();
    let data = load::list(params.clone());
    view! {
        <PageHead title="Instances" lead="Each instance is one model behind an OpenAI-compatible address.">
            {button_link(ADD, ButtonKind::Primary, "Add instance")}
        </PageHead>
        {loaded(data, draw)}
    }
}

fn draw(list: InstanceList) -> AnyView {
    let note = flash_notice(list.note);
    if list.instances.is_empty() {
        let words = if may_open(ADD) {
            "No instances yet. Add the address of a model server, such as vLLM, llama.cpp or Ollama."
        } else {
            "No instances yet. Admins can add them."
        };
        return view! {
            {note}
            <EmptyState message=words>{button_link(ADD, ButtonKind::Primary, "Add instance")}</EmptyState>
        }
        .into_any();
    }
    let mut heads = vec!["Name", "Address", "Model", "Health", "Used by"];
    if may_send(TestInstance::url()) {
        heads.push("Test");
    }
    let rows = list.instances.into_iter().map(|line| row(line, list.now)).collect_view();
    view! {
        {note}
        <Table caption="Instances" heads>
            {rows}
        </Table>
    }
    .into_any()
}

fn row(line: InstanceLine, now: Timestamp) -> AnyView {
    let InstanceLine { id, name, base_url, model, workload_kind, enabled, demo, health: state, used_by } =
        line;
    let model = if model.is_empty() { "the caller's".to_owned() } else { model };
    let label = format!("Test {name}");
    view! {
        <tr>
            <th scope="row">
                <a href=format!("/instances/{id}")>{name}</a>
                {demo.then(demo_mark)}
                {(workload_kind != WorkloadKind::Chat)
                    .then(|| view! { <span class="badge">{workload_kind.label()}</span> })}
            </th>
            <td class="address">{base_url}</td>
            <td class="address">{model}</td>
            <td>
                {health(state, enabled, now)}
            </td>
            <td>
                {used_by_list(used_by)}
            </td>
            {may_send(TestInstance::url())
                .then(|| {
                    view! {
                        <td>
                            {post_form(TestInstance::url(), view! {
                                <input type="hidden" name="form[id]" value=id />
                                <input type="hidden" name="form[back]" value="list" />
                                <Button kind=ButtonKind::Quiet act="models" label=label>
                                    "Test"
                                </Button>
                            }.into_any())}
                        </td>
                    }
                })}
        </tr>
    }
    .into_any()
}
