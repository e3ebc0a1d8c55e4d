//! What stands under a control: its hint, what is wrong, what is worth a look; and how the control points there.

use leptos::prelude::*;

use super::field_errors::Words;
use crate::ui::tone::{Tone, ToneMark};

/// The hint, errors and warnings of the control with this id.
#[component]
pub fn FieldNotes(
    /// The control's id.
    #[prop(into)]
    id: String,
    /// What helps to fill it in.
    #[prop(optional, into)]
    hint: String,
    /// What is wrong.
    #[prop(optional, into)]
    errors: Words,
    /// What is worth a look.
    #[prop(optional, into)]
    warnings: Words,
) -> impl IntoView {
    let hint_id = format!("{id}-hint");
    view! {
        {(!hint.is_empty()).then(|| view! { <p class="hint" id=hint_id>{hint}</p> })}
        {list(format!("{id}-errors"), Tone::Bad, errors)}
        {list(format!("{id}-warnings"), Tone::Warn, warnings)}
    }
}

fn list(id: String, tone: Tone, words: Words) -> impl IntoView {
    move || {
        let words = words.get();
        (!words.is_empty()).then(|| {
            let words =
                words.into_iter().map(|words| view! { <li><ToneMark tone />{words}</li> }).collect_view();
            view! { <ul class="field-words" id=id.clone() data-tone=tone.as_str()>{words}</ul> }
        })
    }
}

/// The value of `aria-describedby` for a control with these notes; absent where it has none.
pub fn described_by(
    id: &str,
    hint: &str,
    errors: &Words,
    warnings: &Words,
) -> impl Fn() -> Option<String> + Send + Sync + Clone + 'static + use<> {
    let hint = (!hint.is_empty()).then(|| format!("{id}-hint"));
    let (errors, warnings) = (errors.clone(), warnings.clone());
    let (errors_id, warnings_id) = (format!("{id}-errors"), format!("{id}-warnings"));
    move || {
        let errors = (!errors.get().is_empty()).then(|| errors_id.clone());
        let warnings = (!warnings.get().is_empty()).then(|| warnings_id.clone());
        let ids: Vec<String> = [hint.clone(), errors, warnings].into_iter().flatten().collect();
        (!ids.is_empty()).then(|| ids.join(" "))
    }
}
