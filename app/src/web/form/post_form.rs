//! Forms that post to an action, with and without scripting.

use leptos::prelude::*;

use crate::web::permissions::may_send;

/// A form that posts to the action at `address`; empty if the user may not send it.
pub(crate) fn post_form(address: &'static str, content: AnyView) -> AnyView {
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
