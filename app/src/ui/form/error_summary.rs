//! A summary of a form's errors above the form, focused, with a link to each field.

use leptos::prelude::*;

/// A summary of a form's errors, each with a link to its field. Empty if there are no errors.
#[component]
pub fn ErrorSummary(
    /// Target and message of each error; see [`crate::ui::FieldErrors::links`].
    links: Vec<(String, String)>,
) -> impl IntoView {
    (!links.is_empty()).then(|| {
        let title = match links.len() {
            1 => "Fix 1 error".to_owned(),
            count => format!("Fix {count} errors"),
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
