//! A radio group drawn as cards, each with a sentence on when to choose it.

use leptos::prelude::*;

use super::{
    field_errors::{FieldErrors, FieldMessages, id_of, name_of},
    field_notes::{FieldNotes, described_by},
};

/// A card.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Card {
    /// Value sent by the form.
    pub value: &'static str,
    /// Label.
    pub label: &'static str,
    /// When to choose it.
    pub words: &'static str,
}

/// A radio group drawn as cards.
#[component]
pub fn ChoiceCards(
    /// Field path; determines the name of the controls and their errors.
    #[prop(into)]
    path: String,
    /// Label of the group.
    #[prop(into)]
    label: String,
    /// The options.
    cards: Vec<Card>,
    /// Value of the selected option.
    #[prop(into)]
    value: String,
    /// Help text.
    #[prop(optional, into)]
    hint: String,
    /// Errors of the whole form; those at `path` are shown.
    #[prop(optional, into)]
    errors: Signal<FieldErrors>,
) -> impl IntoView {
    let (id, name, errors) = (id_of(&path), name_of(&path), FieldMessages::at(errors, &path));
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
                    move || errors.aria_invalid()
                }
            aria-describedby=described_by(&id, &hint, &errors, &FieldMessages::default())
        >
            <legend id=format!("{id}-label")>{label}</legend>
            <div class="cards-row">{cards}</div>
            {notes}
        </fieldset>
    }
}
