//! Everything that is wrong with a form, above it, focused, with a link to each place.

use leptos::prelude::*;

/// What is wrong, each with a link to where it is mended. Nothing is shown where nothing is wrong.
#[component]
pub fn ErrorSummary(
    /// Where each error is mended and its words; see [`crate::ui::FieldErrors::links`].
    links: Vec<(String, String)>,
) -> impl IntoView {
    (!links.is_empty()).then(|| {
        let title = match links.len() {
            1 => "One thing needs mending".to_owned(),
            count => format!("{count} things need mending"),
        };
        let links =
            links.into_iter().map(|(href, words)| view! { <li><a href=href>{words}</a></li> }).collect_view();
        view! {
            <div class="error-summary" tabindex="-1" role="alert" autofocus=true>
                <h2>{title}</h2>
                <ul>{links}</ul>
            </div>
        }
    })
}
