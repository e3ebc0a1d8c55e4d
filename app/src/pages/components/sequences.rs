//! Tables, tabs and steps.

use leptos::prelude::*;

use super::{State, component};
use crate::ui::{Status, Step, StepList, StepState, Tab, Table, Tabs, Tone};

pub(super) fn all() -> AnyView {
    [tables(), tabs(), steps()].collect_view().into_any()
}

fn tables() -> AnyView {
    let heads = || vec!["Name", "Model", "State", "Calls"];
    let filled = view! {
        <Table caption="Filled in" heads=heads()>
            <tr>
                <th scope="row">
                    <a href="#main">"Laptop"</a>
                </th>
                <td>
                    <code>"small"</code>
                </td>
                <td>
                    <Status tone=Tone::Good label="Healthy" />
                </td>
                <td class="figure">"1 204"</td>
            </tr>
            <tr>
                <th scope="row">
                    <a href="#main">"A machine with a name that is far too long"</a>
                </th>
                <td>
                    <code>"a-model-of-many-words-without-a-place-to-break"</code>
                </td>
                <td>
                    <Status tone=Tone::Bad label="Ejected" more="5 failures in a row" />
                </td>
                <td class="figure">"3"</td>
            </tr>
        </Table>
    };
    let empty = view! {
        <Table caption="Without rows" heads=heads()>
            ""
        </Table>
    };
    let states: Vec<State> = vec![("Filled in", filled.into_any()), ("Without rows", empty.into_any())];
    component("Table", states)
}

fn tabs() -> AnyView {
    let tabs = ["Overview", "Routes", "Decisions", "Evaluate", "History", "JSON"].map(|label| Tab {
        href: "#main".to_owned(),
        label,
        current: label == "Routes",
    });
    component("Tabs", vec![("One is open", view! { <Tabs label="Tabs" tabs=tabs.into() /> }.into_any())])
}

fn steps() -> AnyView {
    let steps = || {
        let of = |label: &str, state, current| Step {
            label: label.to_owned(),
            way: "#main".to_owned(),
            state,
            current,
        };
        vec![
            of("Name", StepState::Done, false),
            of("Router model", StepState::Skipped, false),
            of("Routes", StepState::Faulty, true),
            of("Routing mode", StepState::Faulty, false),
            of("Review", StepState::Open, false),
        ]
    };
    let pressed = view! {
        <form>
            <StepList label="Steps as buttons" steps=steps() press=true />
        </form>
    };
    let states: Vec<State> = vec![
        ("Links", view! { <StepList label="Steps as links" steps=steps() /> }.into_any()),
        ("Buttons of a form", pressed.into_any()),
    ];
    component("Step list", states)
}
