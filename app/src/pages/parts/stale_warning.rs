//! Warning that an object was saved by someone else while its form was being filled in.

use leptos::prelude::*;

use crate::{
    pages::parts::form_page::FormPage,
    ui::{Notice, Tone},
};

/// The warning, if the draft is based on an older revision.
pub(crate) fn stale_warning(form: &FormPage) -> Option<AnyView> {
    let saved = form.saved.as_ref().filter(|saved| saved.stale)?;
    let words = format!(
        "Someone else saved this in the meantime; it is now at revision {}. Your input is below. Saving it replaces \
         their change.",
        saved.revision
    );
    Some(
        view! {
            <Notice tone=Tone::Warn>
                <p>
                    {words} " " <a href="?">"Show the saved version"</a>
                </p>
            </Notice>
        }
        .into_any(),
    )
}
