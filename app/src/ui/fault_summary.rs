//! Everything that is wrong with a form, above it, focused, with a link to each place.

use leptos::{html, prelude::*};

use super::focus::focus_when_free;

/// What is wrong, each with a link to where it is mended. Nothing is shown where nothing is wrong.
#[component]
pub fn FaultSummary(
    /// Where each fault is mended and its words; see [`super::Faults::links`].
    links: Vec<(String, String)>,
) -> impl IntoView {
    (!links.is_empty()).then(|| {
        let element = NodeRef::<html::Div>::new();
        focus_when_free(element);
        let title = match links.len() {
            1 => "One thing needs mending".to_owned(),
            count => format!("{count} things need mending"),
        };
        // `rel="external"` leaves a jump within the page to the browser, which moves the focus as well.
        let links = links
            .into_iter()
            .map(|(href, words)| {
                let rel = href.starts_with('#').then_some("external");
                view! { <li><a href=href rel=rel>{words}</a></li> }
            })
            .collect_view();
        view! {
            <div class="fault-summary" tabindex="-1" role="alert" autofocus=true node_ref=element>
                <h2>{title}</h2>
                <ul>{links}</ul>
            </div>
        }
    })
}
