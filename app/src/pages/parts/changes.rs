//! Differences between revisions, and links between pages of a list.

use leptos::prelude::*;
use serde_json::Value;

use crate::{
    domain::config::revision::Change,
    ui::{ButtonLink, Table},
};

/// The changed fields of a revision.
pub(crate) fn changes(diff: &[Change], caption: String) -> AnyView {
    if diff.is_empty() {
        return view! { <p class="quiet">"No visible changes."</p> }.into_any();
    }
    let rows = diff
        .iter()
        .map(|it| {
            view! {
                <tr>
                    <th scope="row">
                        <code>{it.path.clone()}</code>
                    </th>
                    <td class="value">{value(&it.from)}</td>
                    <td class="value">{value(&it.to)}</td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <Table caption heads=vec!["Field", "Before", "After"]>
            {rows}
        </Table>
    }
    .into_any()
}

/// Text as it is, other values as JSON.
fn value(value: &Value) -> AnyView {
    match value {
        Value::Null => view! { <span class="quiet">"nothing"</span> }.into_any(),
        Value::String(text) if text.is_empty() => view! { <span class="quiet">"empty"</span> }.into_any(),
        Value::String(text) => text.clone().into_any(),
        Value::Array(_) | Value::Object(_) => {
            let text = serde_json::to_string_pretty(value).unwrap_or_default();
            view! { <pre>{text}</pre> }.into_any()
        }
        plain => plain.to_string().into_any(),
    }
}

/// Links to the next and first page, if there are any.
pub(crate) fn pager(label: &'static str, newest: Option<String>, older: Option<String>) -> Option<AnyView> {
    let link = |to: Option<String>, words: &'static str| {
        to.map(|href| view! { <ButtonLink href>{words}</ButtonLink> })
    };
    (newest.is_some() || older.is_some()).then(|| {
        view! {
            <nav class="actions" aria-label=label>
                {link(newest, "Newest")}
                {link(older, "Older")}
            </nav>
        }
        .into_any()
    })
}

/// URLs of the next and first page, if there are any.
pub(crate) fn page_addresses(page: &str, next: Option<u64>, later: bool) -> (Option<String>, Option<String>) {
    (next.map(|it| format!("{page}?cursor={it}")), later.then(|| page.to_owned()))
}
