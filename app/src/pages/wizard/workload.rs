//! Step 2: the calls that the balancer serves.

use leptos::prelude::*;

use super::step_errors::StepErrors;
use crate::{
    pages::wizard::load::WizardPage,
    ui::{Card, ChoiceCards},
};

pub(super) fn view(page: &WizardPage, found: StepErrors) -> AnyView {
    let cards = vec![
        Card { value: "chat", label: "Chat", words: "Conversations: clients call /v1/chat/completions." },
        Card {
            value: "embeddings",
            label: "Embeddings",
            words: "Text turned into vectors: clients call /v1/embeddings.",
        },
    ];
    view! {
        <ChoiceCards
            path="workload_kind"
            label="Workload kind"
            cards
            value=page.fields.workload_kind.clone().unwrap_or_default()
            hint="Calls of the other kind are refused. Destinations that do not fit are taken out of the routes."
            errors=found.errors()
        />
    }
    .into_any()
}
