//! The playground in the browser: the form, and the answer as it streams in.
#![expect(unreachable_pub, reason = "the macro exports each island under a public name")]

mod answer;
mod call;
mod form;

use leptos::prelude::*;

use self::call::Call;
use super::packed::Packed;
use crate::actions::playground::Playground as PlaygroundData;

/// The form and what comes of it.
#[island]
pub(crate) fn Playground(
    /// What the server sent.
    page: Packed<PlaygroundData>,
) -> impl IntoView {
    let page = page.open();
    let call = Call::new(&page);
    let form = form::view(&page, call);
    view! {
        <div class="playground">
            {form}
            {answer::view(page, call)}
        </div>
    }
}
