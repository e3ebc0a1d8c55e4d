//! Notices after a redirect.

use leptos::prelude::*;

use crate::fragments::refused::refused;
use crate::{
    ui::{Notice, Tone},
    web::flash::notice::FlashNotice,
};

/// The notice, if there is one.
pub(crate) fn flash_notice(note: Option<FlashNotice>) -> AnyView {
    let (tone, words) = match note {
        None => return ().into_any(),
        Some(FlashNotice::Refused(refusal)) => return refused(&refusal),
        Some(FlashNotice::Saved(name)) => (Tone::Good, format!("Saved “{name}”.")),
        Some(FlashNotice::Deleted(name)) => (Tone::Good, format!("Deleted “{name}”.")),
        Some(FlashNotice::RolledBack(to)) => {
            (Tone::Good, format!("Rolled back to revision {to}, which is now the newest one."))
        }
        Some(FlashNotice::Imported(1)) => (Tone::Good, "Imported: one object changed.".to_owned()),
        Some(FlashNotice::Imported(count)) => (Tone::Good, format!("Imported: {count} objects changed.")),
        Some(FlashNotice::Revoked(name)) => (Tone::Good, format!("Revoked “{name}”. It no longer works.")),
        Some(FlashNotice::Message(words)) => (Tone::Good, words),
        Some(FlashNotice::Tested { name, verdict }) => (
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
