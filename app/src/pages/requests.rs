//! The request log: calls, newest first, with filters in the URL.

pub mod detail;

mod filters;
pub(crate) mod load;
pub(crate) mod table;

use leptos::prelude::*;

use super::{
    parts::changes::pager,
    parts::{links::button_link, loaded::loaded},
};
use crate::web::page_params::PageParams;
use crate::{
    pages::requests::load::RequestLogPage,
    ui::{ButtonKind, EmptyState, PageHead},
};

/// The request log.
#[component]
pub fn RequestsPage() -> impl IntoView {
    let params = PageParams::current();
    let data = load::list(params.clone());
    view! {
        <PageHead title="Requests" lead="Each call with its decision. Prompts and answers are not stored." />
        {loaded(data, move |page| draw(page, &params.text("seen")))}
    }
}

fn draw(page: RequestLogPage, seen: &str) -> AnyView {
    let filters = filters::view(&page);
    let news = news(&page, seen);
    let calls = if page.calls.is_empty() {
        // An invalid filter has an error at its field instead.
        page.errors.is_empty().then(|| empty(&page))
    } else {
        Some(table::view(&page.calls, Some(&page.balancers), &page.instances, page.now))
    };
    let pager = pager("Pages of the log", page.newest.clone(), page.older.clone());
    view! {
        {filters}
        {news}
        {calls}
        {pager}
    }
    .into_any()
}

/// A line that announces calls newer than `seen`. Only this line is updated live, so that the list does not move
/// while someone reads it.
fn news(page: &RequestLogPage, seen: &str) -> AnyView {
    let newest = page.calls.first().map(|it| it.id.to_string()).unwrap_or_default();
    let href = page.newest.clone().unwrap_or_else(|| page.address.clone());
    let line = (!(seen.is_empty() || seen == newest || seen == "none" && newest.is_empty())).then(|| {
        view! {
            <p>
                "There are newer calls. "
                <a href=href>"Show them"</a>
            </p>
        }
    });
    // Older pages do not change.
    let live = (page.query.cursor.is_empty() && page.errors.is_empty()).then(|| {
        match page.query.balancer.as_str() {
            balancer if balancer.starts_with("sb_") => format!("calls:{balancer}"),
            _ => "calls".to_owned(),
        }
    });
    // Reloading the line must not mark the announced calls as seen.
    let shown = match (seen, newest.as_str()) {
        ("", "") => "none",
        ("", newest) => newest,
        (seen, _) => seen,
    };
    let from = format!("{}{}seen={shown}", page.address, if page.address.contains('?') { '&' } else { '?' });
    view! {
        <div class="news" role="status" id="news" data-live=live data-from=from>
            {line}
        </div>
    }
    .into_any()
}

/// An explanation of an empty list, with links.
fn empty(page: &RequestLogPage) -> AnyView {
    let (words, href, button) = match page.balancers.first() {
        _ if page.query.filters() => {
            ("No call matches these filters.", "/requests".to_owned(), "Show all calls")
        }
        _ if page.newest.is_some() => ("There are no older calls.", "/requests".to_owned(), "Show all calls"),
        Some((id, _)) => (
            "No calls yet. Each balancer's page has a sample call to copy; it shows up here once it is answered.",
            format!("/balancers/{id}#sample"),
            "See a sample call",
        ),
        None => (
            "No calls yet. Create a balancer first: its page then has a sample call to copy.",
            "/balancers/new/name".to_owned(),
            "Create a balancer",
        ),
    };
    view! {
        <EmptyState message=words>{button_link(&href, ButtonKind::Plain, button)}</EmptyState>
    }
    .into_any()
}
