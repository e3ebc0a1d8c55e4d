//! A table that scrolls by itself where the page is narrow.

use leptos::prelude::*;

/// A table. Its children are the rows of the body; the first cell of a row should be a `<th scope="row">`.
#[component]
pub fn Table(
    /// What it shows, for screen readers and for the keyboard user who scrolls it.
    #[prop(into)]
    caption: String,
    /// The headings, in order; none is empty.
    heads: Vec<&'static str>,
    /// The rows.
    children: Children,
) -> impl IntoView {
    let heads = heads.into_iter().map(|head| view! { <th scope="col">{head}</th> }).collect_view();
    let label = caption.clone();
    view! {
        // No landmark: a page may hold the same table twice, and landmarks must differ.
        <div class="table-frame" role="group" tabindex="0" aria-label=label>
            <table>
                <caption class="unseen">{caption}</caption>
                <thead>
                    <tr>{heads}</tr>
                </thead>
                <tbody>{children()}</tbody>
            </table>
        </div>
    }
}
