//! What a server offers, in the form of a new instance: its models to choose from, and its APIs.

use leptos::prelude::*;

use super::workload_choices;
use crate::{
    domain::console::{
        discovery::{Discovery, FoundModel},
        spoken_apis::SpeaksApi,
    },
    pages::instances::load::FoundModels,
    ui::{Button, ButtonKind, Checkbox, FieldErrors, FieldNotes, Select},
};

/// The button that asks, and what was found.
pub(super) fn view(found: Option<&FoundModels>, errors: &FieldErrors) -> AnyView {
    view! {
        <div class="find">
            <Button act="find" described_by="find-hint">"Find models"</Button>
            <p class="hint" id="find-hint">
                "Asks the server at this address which models and APIs it offers. Nothing is saved."
            </p>
        </div>
        {found.map(|it| list(it, errors))}
    }
    .into_any()
}

fn list(found: &FoundModels, errors: &FieldErrors) -> AnyView {
    let Discovery { models, apis, server } = &found.discovery;
    let from = server.as_ref().map(|it| format!(" This seems to be {it}.")).unwrap_or_default();
    let words = match models.len() {
        0 => format!("The server answers, but lists no models. Enter the model below.{from}"),
        1 => format!("The server offers one model.{from}"),
        count => format!("The server offers {count} models.{from}"),
    };
    let named = |wanted: SpeaksApi| {
        let names: Vec<_> =
            apis.all().into_iter().filter(|it| it.1 == wanted).map(|it| it.0.title()).collect();
        if names.is_empty() { "none".to_owned() } else { names.join(", ") }
    };
    let apis = format!("APIs: {}. Not served: {}.", named(SpeaksApi::Yes), named(SpeaksApi::No));
    let can_add = models.iter().any(|it| it.exists.is_none());
    let rows = models.iter().enumerate().map(|(at, model)| row(at, model)).collect_view();
    let own = errors.at("models");
    view! {
        <fieldset class="found" id="found" tabindex="-1">
            <legend>"Models found"</legend>
            <input type="hidden" name="form[found]" value=found.id.clone() />
            <p>{words}</p>
            <p class="hint">{apis}</p>
            <FieldNotes id="models" errors=own />
            <div class="found-rows" id="models">{rows}</div>
            {can_add
                .then(|| {
                    view! {
                        <Button kind=ButtonKind::Primary act="add_models">"Add selected models"</Button>
                        <p class="hint">"Each one becomes an instance with the settings of this form."</p>
                    }
                })}
        </fieldset>
    }
    .into_any()
}

fn row(at: usize, model: &FoundModel) -> AnyView {
    let id = model.id.clone();
    if let Some(instance) = &model.exists {
        return view! {
            <div class="found-row">
                <span class="address">{id}</span>
                <a href=format!("/instances/{instance}")>"Already added"</a>
            </div>
        }
        .into_any();
    }
    view! {
        <div class="found-row">
            <input type="hidden" name=format!("form[models][{at}][id]") value=id.clone() />
            <Checkbox path=format!("models[{at}].add") label=id.clone() />
            <Select
                path=format!("models[{at}].kind")
                label=format!("Kind of {id}")
                choices=workload_choices()
                value=model.kind.as_str()
                bare=true
            />
        </div>
    }
    .into_any()
}
