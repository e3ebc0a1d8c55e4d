//! Forms that post to an action, with and without scripting.

use leptos::prelude::*;

#[cfg(feature = "ssr")]
use crate::web::permissions::may_send;

/// A form that posts to the action at `address`; empty if the user may not send it. Islands do not check, because
/// their page did.
pub(crate) fn post_form(address: &'static str, content: AnyView) -> AnyView {
    #[cfg(feature = "ssr")]
    if !may_send(address) {
        return ().into_any();
    }
    view! {
        <form method="post" action=address>
            {content}
        </form>
    }
    .into_any()
}
