//! Step 3: how a route is chosen.

use leptos::prelude::*;

use super::step_errors::StepErrors;
use crate::{
    pages::wizard::load::WizardPage,
    ui::{Card, ChoiceCards},
};

pub(super) fn view(page: &WizardPage, found: StepErrors) -> AnyView {
    let modes = vec![
        Card {
            value: "intent_classifier",
            label: "Intent classifier",
            words: "Pick this for several specialised routes: a small router model reads each prompt and picks by intent.",
        },
        Card {
            value: "ordered",
            label: "Ordered",
            words: "Pick this for backups or a split of the traffic: no router model, prompts are not read.",
        },
    ];
    let strategies = vec![
        Card {
            value: "failover",
            label: "Failover",
            words: "The first route takes every call; the next ones only when it cannot answer.",
        },
        Card {
            value: "weighted",
            label: "Weighted",
            words: "Routes share the calls by weight; one that cannot answer passes its calls on to the others.",
        },
    ];
    // The style sheet shows the strategy for "Ordered" only.
    view! {
        <div class="stack mode">
            <ChoiceCards
                path="routing_mode"
                label="Routing mode"
                cards=modes
                value=page.fields.routing_mode.clone().unwrap_or_default()
                errors=found.errors()
            />
            <div class="strategy">
                <ChoiceCards
                    path="ordered_strategy"
                    label="Strategy"
                    cards=strategies
                    value=page.fields.ordered_strategy.clone().unwrap_or_default()
                    errors=found.errors()
                />
            </div>
        </div>
    }
    .into_any()
}
