//! The messages that a router model gets, and what it answered, as text and nothing else.

use leptos::prelude::*;

use crate::domain::routing::decision::RouterMessage;

/// The messages, one below the other.
pub(crate) fn view(messages: &[RouterMessage]) -> AnyView {
    if messages.is_empty() {
        return view! { <p class="hint">"There is nothing to show yet."</p> }.into_any();
    }
    let messages = messages
        .iter()
        .cloned()
        .map(|message| {
            let label = format!("Message of the {}", message.role);
            view! {
                <dt>{message.role}</dt>
                <dd>
                    <pre tabindex="0" role="group" aria-label=label>{message.content}</pre>
                </dd>
            }
        })
        .collect_view();
    view! { <dl class="messages">{messages}</dl> }.into_any()
}
