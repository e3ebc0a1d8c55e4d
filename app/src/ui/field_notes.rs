//! What stands under a control: its hint, what is wrong, what is worth a look; and how the control points there.

use leptos::prelude::*;

use super::tone::{Tone, ToneMark};

/// The hint, faults and warnings of the control with this id.
#[component]
pub fn FieldNotes(
    /// The control's id.
    #[prop(into)]
    id: String,
    /// What helps to fill it in.
    #[prop(optional, into)]
    hint: String,
    /// What is wrong.
    #[prop(optional)]
    faults: Vec<String>,
    /// What is worth a look.
    #[prop(optional)]
    warnings: Vec<String>,
) -> impl IntoView {
    let list = |id: String, tone: Tone, words: Vec<String>| {
        (!words.is_empty()).then(|| {
            let words =
                words.into_iter().map(|words| view! { <li><ToneMark tone />{words}</li> }).collect_view();
            view! { <ul class="field-words" id=id data-tone=tone.as_str()>{words}</ul> }
        })
    };
    view! {
        {(!hint.is_empty()).then(|| view! { <p class="hint" id=format!("{id}-hint")>{hint}</p> })}
        {list(format!("{id}-faults"), Tone::Bad, faults)}
        {list(format!("{id}-warnings"), Tone::Warn, warnings)}
    }
}

/// The value of `aria-describedby` for a control with these notes; absent where it has none.
pub fn described_by(id: &str, hint: &str, faults: &[String], warnings: &[String]) -> Option<String> {
    let ids: Vec<String> = [
        (!hint.is_empty()).then(|| format!("{id}-hint")),
        (!faults.is_empty()).then(|| format!("{id}-faults")),
        (!warnings.is_empty()).then(|| format!("{id}-warnings")),
    ]
    .into_iter()
    .flatten()
    .collect();
    (!ids.is_empty()).then(|| ids.join(" "))
}
