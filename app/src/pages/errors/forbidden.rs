//! The page for users whose role does not permit the requested page.

use leptos::prelude::*;

use crate::ui::{Notice, PageHead, Tone};

/// The page for users whose role does not permit the requested page.
#[component]
pub fn ForbiddenPage() -> impl IntoView {
    view! {
        <PageHead title="Not allowed" />
        <Notice tone=Tone::Bad>
            <p>"Your role does not allow this; nothing was changed."</p>
            <p>
                "Viewers can only read. Editors can change everything except people, settings, instance addresses and \
                 keys of others. Admins can do everything, and can change your role."
            </p>
            <p>
                <a href="/">"Go to the balancers"</a>
            </p>
        </Notice>
    }
}
