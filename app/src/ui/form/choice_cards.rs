//! A choice out of a few, each with one plain sentence on when to pick it: a radio group drawn as cards.

use leptos::prelude::*;

use super::{
    field_errors::{FieldErrors, Words, id_of, name_of},
    field_notes::{FieldNotes, described_by},
};

/// One card.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Card {
    /// What the form sends.
    pub value: &'static str,
    /// What it is called.
    pub label: &'static str,
    /// When to pick it.
    pub words: &'static str,
}

/// A choice out of a few.
#[component]
pub fn ChoiceCards(
    /// Its field path; names the controls and finds its errors.
    #[prop(into)]
    path: String,
    /// What the group is called.
    #[prop(into)]
    label: String,
    /// What can be chosen.
    cards: Vec<Card>,
    /// What is chosen.
    #[prop(into)]
    value: String,
    /// What helps to choose.
    #[prop(optional, into)]
    hint: String,
    /// The whole form's errors; those at `path` are shown.
    #[prop(optional, into)]
    errors: Signal<FieldErrors>,
) -> impl IntoView {
    let (id, name, errors) = (id_of(&path), name_of(&path), Words::at(errors, &path));
    let cards = cards
        .into_iter()
        .map(|card| {
            let card_id = format!("{id}-{}", card.value);
            view! {
                <div class="card">
                    <input
                        type="radio"
                        id=card_id.clone()
                        name=name.clone()
                        value=card.value
                        checked=card.value == value
                        aria-describedby=format!("{card_id}-words")
                    />
                    <label for=card_id.clone()>{card.label}</label>
                    <p id=format!("{card_id}-words")>{card.words}</p>
                </div>
            }
        })
        .collect_view();
    let notes = view! { <FieldNotes id=id.clone() hint=hint.clone() errors=errors.clone() /> };
    view! {
        <fieldset
            class="cards"
            id=id.clone()
            tabindex="-1"
            role="radiogroup"
            aria-labelledby=format!("{id}-label")
            aria-invalid={
                    let errors = errors.clone();
                    move || errors.mark()
                }
            aria-describedby=described_by(&id, &hint, &errors, &Words::default())
        >
            <legend id=format!("{id}-label")>{label}</legend>
            <div class="cards-row">{cards}</div>
            {notes}
        </fieldset>
    }
}
