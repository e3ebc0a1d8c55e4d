//! What happened, said once above a page.

use leptos::prelude::*;

use super::loaded::refused;
use crate::{
    api::note::Note,
    ui::{Notice, Tone},
};

/// What happened, where anything did.
pub(crate) fn noted(note: Option<Note>) -> AnyView {
    let (tone, words) = match note {
        None => return ().into_any(),
        Some(Note::Refused(refusal)) => return refused(&refusal),
        Some(Note::Saved(name)) => (Tone::Good, format!("Saved “{name}”.")),
        Some(Note::Deleted(name)) => (Tone::Good, format!("Deleted “{name}”.")),
        Some(Note::RolledBack(to)) => {
            (Tone::Good, format!("Rolled back to revision {to}, which is saved as the newest one."))
        }
        Some(Note::Imported(1)) => (Tone::Good, "Imported: one object changed.".to_owned()),
        Some(Note::Imported(count)) => (Tone::Good, format!("Imported: {count} objects changed.")),
        Some(Note::Revoked(name)) => (Tone::Good, format!("Revoked “{name}”. It does not work any more.")),
        Some(Note::Said(words)) => (Tone::Good, words),
        Some(Note::Tested { name, verdict }) => (
            if verdict.ok { Tone::Good } else { Tone::Bad },
            format!("{name}: {} ({} ms)", verdict.message, verdict.ms.round() as u64),
        ),
    };
    view! {
        <Notice tone>
            <p>{words}</p>
        </Notice>
    }
    .into_any()
}
