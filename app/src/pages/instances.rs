//! All instances: where they answer, how they are, what uses them.

use leptos::prelude::*;

use super::{
    links::used_by_list,
    loaded::{loaded, outcome},
    noted::noted,
    seats::{demo_mark, health},
    visit::Visit,
};
use crate::{
    api::instances::{InstanceLine, InstanceList, TestInstance, read_instances},
    domain::{instance::WorkloadKind, timestamp::Timestamp},
    ui::{Button, ButtonKind, ButtonLink, EmptyState, PageHead, Table},
};

/// All instances.
#[component]
pub fn InstancesPage() -> impl IntoView {
    let test = ServerAction::<TestInstance>::new();
    let visit = Visit::new().follow(test);
    let data = Resource::new(move || visit.sight(), |sight| read_instances(sight.look()));
    view! {
        <PageHead title="Instances" lead="One model each, behind an OpenAI-compatible address.">
            <ButtonLink href="/instances/new" kind=ButtonKind::Primary>
                "Add instance"
            </ButtonLink>
        </PageHead>
        {move || outcome(test.value().get())}
        {loaded(data, move |list| draw(list, test))}
    }
}

fn draw(list: InstanceList, test: ServerAction<TestInstance>) -> AnyView {
    let note = noted(list.note);
    if list.instances.is_empty() {
        return view! {
            {note}
            <EmptyState words="There is no instance yet. Add the address of a model server, such as vLLM, llama.cpp or Ollama.">
                <ButtonLink href="/instances/new" kind=ButtonKind::Primary>
                    "Add instance"
                </ButtonLink>
            </EmptyState>
        }
        .into_any();
    }
    let rows = list.instances.into_iter().map(|line| row(line, list.now, test)).collect_view();
    view! {
        {note}
        <Table caption="Instances" heads=vec!["Name", "Address", "Model", "Health", "Used by", "Test"]>
            {rows}
        </Table>
    }
    .into_any()
}

fn row(line: InstanceLine, now: Timestamp, test: ServerAction<TestInstance>) -> AnyView {
    let InstanceLine { view: instance, used_by } = line;
    let (id, spec) = (instance.stored.id.to_string(), instance.stored.spec);
    let model = if spec.model.is_empty() { "the caller's".to_owned() } else { spec.model };
    let label = format!("Test {}", spec.name);
    view! {
        <tr>
            <th scope="row">
                <a href=format!("/instances/{id}")>{spec.name}</a>
                {spec.demo.then(demo_mark)}
                {(spec.workload_kind == WorkloadKind::Embeddings)
                    .then(|| view! { <span class="badge">"Embeddings"</span> })}
            </th>
            <td class="address">{spec.base_url}</td>
            <td class="address">{model}</td>
            <td>
                {health(instance.health, spec.enabled, now)}
            </td>
            <td>
                {used_by_list(used_by)}
            </td>
            <td>
                <ActionForm action=test>
                    <input type="hidden" name="form[id]" value=id />
                    <input type="hidden" name="form[back]" value="list" />
                    <Button kind=ButtonKind::Quiet act="models" label=label disabled=test.pending()>
                        "Test"
                    </Button>
                </ActionForm>
            </td>
        </tr>
    }
    .into_any()
}
