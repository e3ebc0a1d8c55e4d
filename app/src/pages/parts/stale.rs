//! Says that somebody else saved an object while a form of it was being filled in.

use leptos::prelude::*;

use crate::{
    pages::parts::form_page::FormPage,
    ui::{Notice, Tone},
};

/// Where the draft was begun from an older revision: what happened, and what saving would do.
pub(crate) fn stale(form: &FormPage) -> Option<AnyView> {
    let saved = form.saved.as_ref().filter(|saved| saved.stale)?;
    let words = format!(
        "Somebody else saved this in the meantime; it is at revision {} now. What you typed is below: saving it \
         replaces their change.",
        saved.revision
    );
    Some(
        view! {
            <Notice tone=Tone::Warn>
                <p>
                    {words} " " <a href="?">"See what is saved"</a>
                </p>
            </Notice>
        }
        .into_any(),
    )
}
