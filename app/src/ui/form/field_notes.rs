//! Hint, errors and warnings below a control, and the attribute by which the control refers to them.

use leptos::prelude::*;

use super::field_errors::FieldMessages;
use crate::ui::tone::{Tone, ToneMark};

/// Hint, errors and warnings of a control.
#[component]
pub fn FieldNotes(
    /// Id of the control.
    #[prop(into)]
    id: String,
    /// Help text.
    #[prop(optional, into)]
    hint: String,
    /// Errors of the control.
    #[prop(optional, into)]
    errors: FieldMessages,
    /// Warnings of the control.
    #[prop(optional, into)]
    warnings: FieldMessages,
) -> impl IntoView {
    let hint_id = format!("{id}-hint");
    view! {
        {(!hint.is_empty()).then(|| view! { <p class="hint" id=hint_id>{hint}</p> })}
        {list(format!("{id}-errors"), Tone::Bad, errors)}
        {list(format!("{id}-warnings"), Tone::Warn, warnings)}
    }
}

fn list(id: String, tone: Tone, words: FieldMessages) -> impl IntoView {
    move || {
        let words = words.get();
        (!words.is_empty()).then(|| {
            let words =
                words.into_iter().map(|words| view! { <li><ToneMark tone />{words}</li> }).collect_view();
            view! { <ul class="field-words" id=id.clone() data-tone=tone.as_str()>{words}</ul> }
        })
    }
}

/// Value of the control's `aria-describedby`; `None` if it has no notes.
pub fn described_by(
    id: &str,
    hint: &str,
    errors: &FieldMessages,
    warnings: &FieldMessages,
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
