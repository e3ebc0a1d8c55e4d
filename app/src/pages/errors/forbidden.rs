//! What somebody sees whose role does not allow what they asked for.

use leptos::prelude::*;

use crate::ui::{Notice, PageHead, Tone};

/// What somebody sees whose role does not allow what they asked for.
#[component]
pub fn ForbiddenPage() -> impl IntoView {
    view! {
        <PageHead title="Not allowed" />
        <Notice tone=Tone::Bad>
            <p>"Your role does not allow this, and nothing was changed."</p>
            <p>
                "Viewers read. Editors change everything but people, settings, the addresses of instances and the keys \
                 of others. Admins may do everything, and can give you another role."
            </p>
            <p>
                <a href="/">"Go to the balancers"</a>
            </p>
        </Notice>
    }
}
